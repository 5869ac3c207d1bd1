//! The page that asks a user to allow an app.

use std::fmt::Write;

use crate::params::Params;
use crate::world::{App, Organization};

/// The parameters that the form passes on.
const CARRIED: [&str; 5] = ["response_type", "client_id", "redirect_uri", "state", "team_id"];

/// Plain HTML, without script, style sheet or image.
pub(super) fn consent(app: &App, organization: &Organization, params: &Params<'_>) -> String {
    let mut fields = String::new();
    for name in CARRIED {
        if let Some(value) = params.get(name) {
            line(&mut fields, format_args!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)));
        }
    }
    let mut buttons = String::new();
    for user in &organization.users {
        let (id, name, role) = (escaped(&user.id), escaped(&user.name), escaped(user.role.title()));
        let button = format_args!("<p><button name=\"user\" value=\"{id}\">Allow as {name} ({role})</button></p>");
        line(&mut buttons, button);
    }
    let (app_name, company, scopes) =
        (escaped(&app.name), escaped(&organization.name), escaped(&app.scopes.join(", ")));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>Install {app_name}</title>\n<h1>Install {app_name} in {company}?</h1>\n\
         <p>It asks for: {scopes}</p>\n<form method=\"post\" action=\"/oauth/authorize\">\n{fields}{buttons}</form>\n</html>\n"
    )
}

fn line(to: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(to, "{text}").expect("writing into memory does not fail");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
