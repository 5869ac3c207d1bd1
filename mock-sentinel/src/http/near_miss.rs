//! Calls that no route takes: the response names the route that was probably meant and what is wrong with the call.

use axum::extract::Request;
use http::Method;
use percent_encoding::percent_decode_str;

use super::Reply;
use super::routes::{ROUTES, Route};

/// The methods that some resource takes.
pub(crate) const RESOURCE_METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::POST, Method::DELETE];
/// The most that one segment counts.
const SEGMENT_MAX: usize = 12;

/// Refuses a call that no route takes.
pub(crate) async fn no_route(request: Request) -> Reply {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let (status, why) = explain(method, path);
    let code = if status == 405 { "MethodNotAllowed" } else { "PathNotFoundError" };
    Reply::error(status, code, &why, &why)
}

/// Refuses a method that a path which is served does not take.
pub(crate) async fn refuse_method(request: Request) -> Reply {
    wrong_method_of(request.method(), request.uri().path())
}

/// The same for a call whose path is known to be served.
pub(crate) fn wrong_method_of(method: &Method, path: &str) -> Reply {
    let (status, mut why) = explain(method.as_str(), path);
    if status != 405 {
        let shown: String = path.chars().take(200).collect();
        why = format!("{method} {shown} is not supported: this path takes {}.", allowed(path));
    }
    Reply::error(405, "MethodNotAllowed", &why, &why)
}

/// The methods that a served path takes, for `Allow`. Resources lie under resources, so that not every path is listed: one
/// that is not takes what some resource does.
pub(super) fn allowed(path: &str) -> String {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let listed = ROUTES.iter().filter(|route| matches(&path, route.path)).flat_map(|route| route.operations);
    let mut methods: Vec<&str> = Vec::new();
    for operation in listed {
        if !methods.contains(&operation.method) {
            methods.push(operation.method);
        }
    }
    match methods[..] {
        [] if path.starts_with("/v1/") => "GET, POST".to_owned(),
        [] => RESOURCE_METHODS.each_ref().map(Method::as_str).join(", "),
        _ => methods.join(", "),
    }
}

/// The status, and the nearest route with the first thing that keeps the call from it.
fn explain(method: &str, path: &str) -> (u16, String) {
    let shown: String = path.chars().take(200).collect();
    if let Some(route) = ROUTES.iter().find(|route| matches(path, route.path)) {
        let (methods, reference) = (methods(route, " and "), route.reference);
        return (405, format!("{method} {shown} is not supported: this path takes {methods} (see: {reference})."));
    }
    let route = ROUTES
        .iter()
        .min_by_key(|route| distance(path, route.path) + wrong_method(method, route))
        .expect("there are routes");
    let why = format!(
        "The requested path does not exist: {method} {shown}. Did you mean {} {}? {} (see: {}).",
        methods(route, " or "),
        route.path,
        first_difference(path, route.path),
        route.reference,
    );
    (404, why)
}

fn methods(route: &Route, between: &str) -> String {
    route.operations.iter().map(|operation| operation.method).collect::<Vec<_>>().join(between)
}

fn segments(path: &str) -> Vec<&str> {
    path.trim_start_matches('/').split('/').collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

fn matches(path: &str, pattern: &str) -> bool {
    let (path, pattern) = (segments(path), segments(pattern));
    path.len() == pattern.len()
        && path
            .iter()
            .zip(&pattern)
            .all(|(own, wanted)| if is_parameter(wanted) { !own.is_empty() } else { own == wanted })
}

/// What another method counts.
fn wrong_method(method: &str, route: &Route) -> usize {
    if route.operations.iter().any(|operation| operation.method == method) { 0 } else { 4 }
}

/// How far a path is from a pattern, wherever in the path the pattern's words stand.
fn distance(path: &str, pattern: &str) -> usize {
    let (path, pattern) = (segments(path), segments(pattern));
    let unlike = |wanted: &str| {
        path.iter().map(|own| strsim::damerau_levenshtein(own, wanted)).min().unwrap_or(SEGMENT_MAX).min(SEGMENT_MAX)
    };
    let words: usize = pattern.iter().filter(|segment| !is_parameter(segment)).map(|wanted| unlike(wanted)).sum();
    words + 3 * path.len().abs_diff(pattern.len())
}

fn first_difference(path: &str, pattern: &str) -> String {
    let (path, pattern) = (segments(path), segments(pattern));
    let found = pattern.iter().enumerate().find_map(|(index, wanted)| match path.get(index) {
        None | Some(&"") => Some(format!("Segment {} ({wanted}) is missing", index + 1)),
        Some(own) if !is_parameter(wanted) && own != wanted => {
            Some(format!("Segment {} is '{own}', not '{wanted}'", index + 1))
        }
        Some(_) => None,
    });
    found.unwrap_or_else(|| format!("It has {} segments, not {}", path.len(), pattern.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &str, path: &str, status: u16, said: &str) {
        let (actual, why) = explain(method, path);
        assert_eq!(actual, status, "{why}");
        assert!(why.contains(said), "{why}");
    }

    #[test]
    fn the_route_that_was_meant_is_named_with_the_first_difference() {
        check("POST", "/dataCollectionRules/dcr-1/stream/Custom-A", 404, "Segment 3 is 'stream', not 'streams'");
        check("POST", "/datacollectionrules/dcr-1/streams/Custom-A", 404, "not 'dataCollectionRules'");
        check("POST", "/t/oauth/v2.0/token", 404, "/{tenant}/oauth2/v2.0/token");
        check("POST", "/v1/workspaces/w/queries", 404, "'queries', not 'query'");
        check("GET", "/", 404, "is missing");
    }

    #[test]
    fn the_methods_of_a_known_path_are_named() {
        check("GET", "/dataCollectionRules/dcr-1/streams/Custom-A", 405, "takes POST");
        check("PUT", "/v1/workspaces/w/query", 405, "takes GET and POST");
    }
}
