//! Expressions of the template language: `[concat(parameters('x'), '-dcr')]`.
//!
//! Syntax, as read 2026-11-29 in the edition of 2020-03-17:
//! <https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/azure-resource-manager/templates/template-expressions.md>.

/// Most characters of an expression, as in Azure.
const CHARS_MAX: usize = 24_576;
/// The maximum nesting of calls: a bound of this machine.
const DEPTH_MAX: usize = 32;

/// An expression, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Text(String),
    Number(i64),
    Call {
        name: String,
        arguments: Vec<Expression>,
    },
    /// `.name` or `['name']` or `[0]` of what stands before it.
    Part {
        of: Box<Expression>,
        part: Box<Expression>,
    },
}

/// What is between the brackets, if a text is an expression. `[[` escapes a bracket.
pub(super) fn inside(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    (!inner.starts_with('[')).then_some(inner)
}

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > CHARS_MAX {
            return Err(format!("the expression has {} characters, at most {CHARS_MAX} are allowed", text.len()));
        }
        let mut reader = Reader { rest: text };
        let expression = reader.expression(DEPTH_MAX)?;
        reader.skip_space();
        if reader.rest.is_empty() { Ok(expression) } else { Err(reader.unexpected()) }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn unexpected(&self) -> String {
        match self.rest.chars().next() {
            Some(sign) => format!("'{sign}' is not expected {} characters before the end", self.rest.chars().count()),
            None => "the expression ends too early".to_owned(),
        }
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        let depth = depth.checked_sub(1).ok_or_else(|| format!("it is nested deeper than {DEPTH_MAX} levels"))?;
        let mut whole = self.operand(depth)?;
        for _ in 0..DEPTH_MAX {
            let part = if self.take('.') {
                Expression::Text(self.word()?)
            } else if self.take('[') {
                let part = self.expression(depth)?;
                if !self.take(']') {
                    return Err(self.unexpected());
                }
                part
            } else {
                return Ok(whole);
            };
            whole = Expression::Part { of: Box::new(whole), part: Box::new(part) };
        }
        Err(format!("more than {DEPTH_MAX} parts follow each other"))
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, String> {
        self.skip_space();
        if self.rest.starts_with('\'') {
            return self.text().map(Expression::Text);
        }
        if self.rest.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            return self.number();
        }
        let name = self.word()?;
        if !self.take('(') {
            return Err(format!("'{name}' stands alone: a function is followed by its arguments in parentheses"));
        }
        Ok(Expression::Call { name, arguments: self.arguments(depth)? })
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Expression>, String> {
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(depth)?);
            if self.take(')') {
                return Ok(arguments);
            }
            if !self.take(',') {
                return Err(self.unexpected());
            }
        }
    }

    /// A text in single quotes, of which two stand for one.
    fn text(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut signs = self.rest.char_indices().skip(1).peekable();
        while let Some((at, sign)) = signs.next() {
            if sign != '\'' {
                text.push(sign);
            } else if signs.next_if(|(_, next)| *next == '\'').is_some() {
                text.push('\'');
            } else {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(text);
            }
        }
        Err("a text has no closing quote".to_owned())
    }

    fn number(&mut self) -> Result<Expression, String> {
        let end = self.rest.find(|sign: char| !sign.is_ascii_digit() && sign != '-').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().map(Expression::Number).map_err(|_| format!("'{digits}' is not an integer"))
    }

    fn word(&mut self) -> Result<String, String> {
        self.skip_space();
        let is_word = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '$';
        let end = self.rest.find(|sign: char| !is_word(sign)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.unexpected());
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_parts_and_texts_are_read() {
        let parsed = Expression::parse("concat('it''s ', variables('a').b[0], -1)").unwrap();
        let Expression::Call { name, arguments } = parsed else { panic!("a call") };
        assert_eq!((name.as_str(), arguments.len()), ("concat", 3));
        assert_eq!(arguments[0], Expression::Text("it's ".to_owned()));
        assert_eq!(arguments[2], Expression::Number(-1));
        assert!(matches!(&arguments[1], Expression::Part { part, .. } if **part == Expression::Number(0)));
    }

    #[test]
    fn what_is_no_expression_is_refused_with_the_reason() {
        for (text, reason) in [
            ("concat('a'", "ends too early"),
            ("concat('a)", "no closing quote"),
            ("location", "stands alone"),
            ("concat('a') 'b'", "not expected"),
            ("", "ends too early"),
            (&"f(".repeat(100), "deeper than 32"),
        ] {
            let said = Expression::parse(text).unwrap_err();
            assert!(said.contains(reason), "{said} should say {reason}");
        }
    }

    #[test]
    fn brackets_make_an_expression_and_two_make_a_text() {
        assert_eq!(inside("[parameters('a')]"), Some("parameters('a')"));
        assert_eq!(inside("[[literal]"), None);
        assert_eq!(inside("plain"), None);
    }
}
