//! What a server, or somebody between us and it, may answer to a call.

use std::fmt;

use super::raw::Raw;

/// The calls that the program makes while it delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A page of the audit log.
    Audit,
    /// A page of the content log.
    Content,
    /// A bearer token of the identity service.
    Token,
    /// An upload.
    Ingestion,
}

impl Call {
    pub(super) const ALL: [Self; 4] = [Self::Audit, Self::Content, Self::Token, Self::Ingestion];

    /// The call that the path of a request belongs to.
    pub(super) fn of(path: &str) -> Option<Self> {
        if path == "/v2/audit/logs" {
            Some(Self::Audit)
        } else if path.starts_with("/v2/orgs/") && path.ends_with("/content-logs/items") {
            Some(Self::Content)
        } else if path.ends_with("/oauth2/v2.0/token") {
            Some(Self::Token)
        } else if path.starts_with("/dataCollectionRules/") {
            Some(Self::Ingestion)
        } else {
            None
        }
    }

    pub(super) const fn is_miro(self) -> bool {
        matches!(self, Self::Audit | Self::Content)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Content => "content",
            Self::Token => "token",
            Self::Ingestion => "ingestion",
        }
    }
}

/// A class of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// As documented.
    Right,
    /// Another's page: a sign-in page, a filter's, a gateway's.
    Html200,
    Html403,
    Html404,
    Html407,
    Html502,
    /// A redirection to a sign-in page.
    Redirect,
    /// JSON that is not what was asked for.
    NoPage,
    /// The service's own error object under a status that means success.
    ErrorIn200,
    /// Success without a body, and without a sign of who answered.
    Empty200,
    /// 200 and 202 in turn, with a body that says "accepted".
    Accepted,
    /// Cut in the middle.
    Cut,
    /// Byte after byte, for longer than anybody waits.
    Slow,
    /// The request is taken and nothing comes.
    Silent,
    /// Bytes that are not HTTP.
    Garbage,
    /// A length far beyond what is accepted.
    Huge,
    /// No length and no end.
    Endless,
    /// Errors without a body.
    Status429,
    Status500,
    Status503,
    /// `{}`.
    Object,
    /// The connection is reset.
    Reset,
    /// The certificate is that of another name.
    OtherName,
}

/// A response as a `wiremock` template needs it.
pub(super) struct Shape {
    pub(super) status: u16,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: &'static str,
}

const HTML: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Access to this page is managed by \
                    your organization</h1></body></html>";

impl Class {
    /// Those whose deliveries are looked at as well.
    pub(super) const ALL: [Self; 17] = [
        Self::Right,
        Self::Html200,
        Self::Html403,
        Self::Html404,
        Self::Html407,
        Self::Html502,
        Self::Redirect,
        Self::NoPage,
        Self::ErrorIn200,
        Self::Empty200,
        Self::Accepted,
        Self::Cut,
        Self::Slow,
        Self::Silent,
        Self::Garbage,
        Self::Huge,
        Self::Endless,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Html200 => "html-200",
            Self::Html403 => "html-403",
            Self::Html404 => "html-404",
            Self::Html407 => "html-407",
            Self::Html502 => "html-502",
            Self::Redirect => "redirect-302",
            Self::NoPage => "not-a-page",
            Self::ErrorIn200 => "error-in-200",
            Self::Empty200 => "empty-200",
            Self::Accepted => "accepted-with-body",
            Self::Cut => "cut",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::Garbage => "garbage",
            Self::Huge => "huge",
            Self::Endless => "endless",
            Self::Status429 => "status-429",
            Self::Status500 => "status-500",
            Self::Status503 => "status-503",
            Self::Object => "empty-object",
            Self::Reset => "reset",
            Self::OtherName => "tls-of-another-name",
        }
    }

    /// The breakage below HTTP, if it is one.
    pub(super) const fn raw(self) -> Option<Raw> {
        match self {
            Self::Cut => Some(Raw::Cut),
            Self::Slow => Some(Raw::Slow),
            Self::Silent => Some(Raw::Silent),
            Self::Garbage => Some(Raw::Garbage),
            Self::Huge => Some(Raw::Huge),
            Self::Endless => Some(Raw::Endless),
            Self::Reset => Some(Raw::Reset),
            _ => None,
        }
    }

    /// The responses of this class to `call`, given in turn. None for what is right or below HTTP.
    pub(super) fn shapes(self, call: Call) -> Vec<Shape> {
        let html = |status| vec![Shape { status, content_type: Some("text/html; charset=utf-8"), body: HTML }];
        let json = |status, body| Shape { status, content_type: Some("application/json"), body };
        match self {
            Self::Html200 => html(200),
            Self::Html403 => html(403),
            Self::Html404 => html(404),
            Self::Html407 => html(407),
            Self::Html502 => html(502),
            Self::Redirect => html(302),
            Self::Status429 => vec![Shape { status: 429, content_type: None, body: "" }],
            Self::Status500 => vec![Shape { status: 500, content_type: None, body: "" }],
            Self::Status503 => vec![Shape { status: 503, content_type: None, body: "" }],
            Self::Object => vec![json(200, "{}")],
            Self::NoPage if call.is_miro() => vec![
                json(200, "{}"),
                json(200, r#"{"type":"cursor-list","limit":100,"size":0,"data":null}"#),
                json(200, r#"{"message":"ok"}"#),
                json(200, "[]"),
                json(200, r#"{"type":"cursor-list","limit":100,"size":100,"data":[]}"#),
                json(200, r#"{"type":"list","limit":100,"size":0,"data":[]}"#),
            ],
            Self::NoPage => vec![json(200, r#"{"status":"ok"}"#)],
            Self::ErrorIn200 => vec![json(200, error_object(call))],
            Self::Empty200 => vec![Shape { status: 200, content_type: None, body: "" }],
            Self::Accepted => {
                vec![json(202, r#"{"status":"accepted"}"#), json(200, r#"{"status":"accepted"}"#)]
            }
            Self::Right | Self::Cut | Self::Slow | Self::Silent | Self::Garbage | Self::Huge | Self::Endless => {
                Vec::new()
            }
            Self::Reset | Self::OtherName => Vec::new(),
        }
    }
}

const fn error_object(call: Call) -> &'static str {
    match call {
        Call::Audit | Call::Content => {
            r#"{"type":"error","status":500,"code":"internalError","message":"Internal error","context":null}"#
        }
        Call::Token => r#"{"error":"temporarily_unavailable","error_description":"Try again later."}"#,
        Call::Ingestion => r#"{"error":{"code":"InternalServerError","message":"Try again later."}}"#,
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
