//! A recording at another time: every time in it is moved by the same length.

use jiff::SignedDuration;

use crate::har::{Har, Pair};
use crate::json_text::{self, Path, Rewriter};
use crate::times;

/// `har` as if it had happened so many seconds later.
pub fn moved(har: &Har, seconds: i64) -> Har {
    let mut har = har.clone();
    for entry in &mut har.log.entries {
        let later = SignedDuration::from_secs(seconds);
        entry.started_date_time = entry.started_date_time.saturating_add(later).unwrap_or(entry.started_date_time);
        entry.request.url = url(&entry.request.url, seconds);
        for pair in &mut entry.request.query_string {
            pair.value = field(&pair.name, &pair.value, seconds);
        }
        headers(&mut entry.request.headers, seconds);
        headers(&mut entry.response.headers, seconds);
        if let Some(body) = &mut entry.request.post_data {
            body.text = text(&body.text, seconds);
        }
        if let Some(body) = &mut entry.response.content.text
            && entry.response.content.encoding.is_none()
        {
            *body = text(body, seconds);
        }
    }
    for value in har.log.environment.values_mut() {
        *value = times::shift(value, seconds);
    }
    har
}

fn url(url: &str, seconds: i64) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (field(&name, &value, seconds), name));
    let pairs: Vec<(String, String)> = pairs.map(|(value, name)| (name.into_owned(), value)).collect();
    format!("{before}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// A value by the name of its field.
fn field(name: &str, value: &str, seconds: i64) -> String {
    let number = times::is_field(name).then(|| times::shift_epoch(value, seconds)).flatten();
    number.unwrap_or_else(|| times::shift(value, seconds))
}

/// The headers of a message as if it had been sent so many seconds later.
pub(super) fn headers(headers: &mut [Pair], seconds: i64) {
    for pair in headers {
        let moved = match pair.name.to_ascii_lowercase().as_str() {
            "x-ratelimit-reset" => times::shift_epoch(&pair.value, seconds),
            _ => times::shift_http_date(&pair.value, seconds),
        };
        pair.value = moved.unwrap_or_else(|| times::shift(&pair.value, seconds));
    }
}

/// A body.
fn text(text: &str, seconds: i64) -> String {
    if json_text::looks_like_json(text) {
        json_text::rewrite(text, &mut Shift(seconds))
    } else {
        times::shift(text, seconds)
    }
}

struct Shift(i64);

impl Rewriter for Shift {
    fn key(&mut self, _: &Path<'_>, _: &str) -> Option<String> {
        None
    }

    fn text(&mut self, path: &Path<'_>, text: &str) -> Option<String> {
        Some(field(path.last(), text, self.0)).filter(|moved| moved != text)
    }

    fn number(&mut self, path: &Path<'_>, number: &str) -> Option<String> {
        times::is_field(path.last()).then(|| times::shift_epoch(number, self.0)).flatten()
    }

    fn broken(&mut self, _: &Path<'_>, rest: &str) -> String {
        times::shift(rest, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_moves_and_nothing_else_does() {
        let har = |day: &str, month: &str, epoch: &str, date: &str| {
            format!(
                r#"{{"log":{{"entries":[{{"startedDateTime":"2026-{month}-{day}T10:00:00.5Z",
                "request":{{"method":"GET","url":"https://api.miro.com/v2/audit/logs?createdAfter=2026-{month}-{day}T09%3A00%3A00.000Z&cursor=2026-{month}-{day}T09%3A30%3A00.123456Z%2346-x&limit=100"}},
                "response":{{"status":200,"headers":[{{"name":"Date","value":"{date}"}},{{"name":"x-ratelimit-reset","value":"{epoch}"}},{{"name":"retry-after","value":"30"}}],
                "content":{{"text":"{{\"data\":[{{\"createdAt\":\"2026-{month}-{day}T09:30:00.123+0000\",\"n\":1795966500}}],\"exp\":{epoch}}}"}}}}}}],
                "_environment":{{"START":"2026-{month}-{day}T00:00:00Z"}}}}}}"#
            )
        };
        let read = |text: String| serde_json::from_str::<Har>(&text).unwrap();
        let now = read(har("29", "11", "1795966500", "Sun, 29 Nov 2026 10:00:00 GMT"));
        let then = read(har("30", "08", "1788104100", "Sun, 30 Aug 2026 10:00:00 GMT"));
        let three_months = 91 * 86_400;
        assert_eq!(moved(&now, -three_months), then);
        assert_eq!(moved(&then, three_months), now);
    }
}
