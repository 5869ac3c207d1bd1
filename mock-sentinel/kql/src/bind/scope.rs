//! What names mean: `let` values, functions and parameters.

use std::{cell::RefCell, rc::Rc};

use hashbrown::HashMap;

use super::saved_text::SavedText;
use crate::{
    error::Error,
    plan::{Expr, Plan},
    syntax::ast,
};

/// The names visible at one place. Cloning is cheap and freezes what is visible.
#[derive(Debug, Clone, Default)]
pub(super) struct Env {
    scope: Rc<Scope>,
    /// Later definitions of the scope are not seen.
    visible: usize,
}

#[derive(Debug, Default)]
struct Scope {
    parent: Option<Env>,
    defined: RefCell<Defined>,
}

#[derive(Debug, Default)]
struct Defined {
    bindings: Vec<(Rc<str>, Stored)>,
    by_name: HashMap<Rc<str>, Vec<usize>>,
}

/// A binding as its scope keeps it.
#[derive(Debug)]
enum Stored {
    Other(Binding),
    /// A function of this very scope: the scope is not kept with it, or neither would ever be freed.
    Own {
        definition: Rc<ast::Function>,
        visible: usize,
        text: Option<Rc<SavedText>>,
    },
}

/// What one name means.
#[derive(Debug, Clone)]
pub(super) enum Binding {
    /// A scalar; `row` is the scope of the columns it refers to, if any.
    Scalar {
        expr: Expr,
        row: Option<u32>,
    },
    Table {
        plan: Rc<Plan>,
        view: bool,
    },
    /// Run when first used, then kept.
    Materialized(Rc<RefCell<Materialized>>),
    Function(Rc<Function>),
}

/// The state of a `materialize`.
#[derive(Debug)]
pub(super) enum Materialized {
    Pending(Plan),
    Ready(Plan),
}

/// A function with the names visible where it was defined.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) definition: Rc<ast::Function>,
    pub(super) env: Env,
    /// The text it was read from, when that is not the query's.
    pub(super) text: Option<Rc<SavedText>>,
}

impl Function {
    /// Places an error of the function's own text there.
    pub(super) fn located(&self, error: Error) -> Error {
        match &self.text {
            Some(text) => text.located(error),
            None => error,
        }
    }
}

impl Env {
    /// A scope of its own inside this one.
    pub(super) fn inner(&self) -> Self {
        Self { scope: Rc::new(Scope { parent: Some(self.clone()), defined: RefCell::default() }), visible: 0 }
    }

    /// Gives a name a meaning from here on.
    pub(super) fn define(&mut self, name: &str, binding: Binding) {
        let name: Rc<str> = Rc::from(name);
        let mut defined = self.scope.defined.borrow_mut();
        let at = defined.bindings.len();
        let stored = match &binding {
            Binding::Function(function) if Rc::ptr_eq(&function.env.scope, &self.scope) => Stored::Own {
                definition: Rc::clone(&function.definition),
                visible: function.env.visible,
                text: function.text.clone(),
            },
            _ => Stored::Other(binding),
        };
        defined.by_name.entry(Rc::clone(&name)).or_default().push(at);
        defined.bindings.push((name, stored));
        self.visible = at + 1;
    }

    /// The meaning of a name.
    pub(super) fn find(&self, name: &str) -> Option<Binding> {
        let mut env = self;
        loop {
            let defined = env.scope.defined.borrow();
            let places = defined.by_name.get(name).map_or(&[][..], Vec::as_slice);
            if let Some(at) = places.iter().rev().find(|at| **at < env.visible) {
                return Some(env.restored(&defined.bindings[*at].1));
            }
            drop(defined);
            env = env.scope.parent.as_ref()?;
        }
    }

    /// What this scope keeps, as it was given.
    fn restored(&self, stored: &Stored) -> Binding {
        match stored {
            Stored::Other(binding) => binding.clone(),
            Stored::Own { definition, visible, text } => Binding::Function(Rc::new(Function {
                definition: Rc::clone(definition),
                env: Self { scope: Rc::clone(&self.scope), visible: *visible },
                text: text.clone(),
            })),
        }
    }

    /// Every visible name with its meaning, innermost scope first, in the order of definition.
    pub(super) fn all(&self) -> Vec<(Rc<str>, Binding)> {
        let mut all = Vec::new();
        let mut env = Some(self);
        while let Some(at) = env {
            let defined = at.scope.defined.borrow();
            let visible = defined.bindings.iter().take(at.visible);
            all.extend(visible.map(|(name, stored)| (Rc::clone(name), at.restored(stored))));
            drop(defined);
            env = at.scope.parent.as_ref();
        }
        all
    }
}
