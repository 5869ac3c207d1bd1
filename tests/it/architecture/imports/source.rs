//! The paths that a parsed file names: in `use`, in code, and in what the parser leaves as tokens.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemMod, ItemUse, Macro, Meta, UseTree, Visibility};

use super::Module;

/// A path as it stands in the source, and the module in which it stands.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) scope: Module,
    pub(super) segments: Vec<String>,
}

/// What is read from a file.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) scope: Module,
    pub(super) mentions: Vec<Mention>,
    pub(super) exports: Vec<Mention>,
    /// Modules in files of their own that only tests have.
    pub(super) test_modules: Vec<Module>,
}

impl Source {
    /// Reads the file of a module.
    pub(super) fn of(module: &Module, file: &File) -> Self {
        let mut source = Self { scope: module.clone(), ..Self::default() };
        source.visit_file(file);
        source
    }

    fn mention(&mut self, segments: Vec<String>) {
        self.mentions.push(Mention { scope: self.scope.clone(), segments });
    }

    /// Paths in what the parser leaves as tokens: arguments of macros and attributes, and the texts among them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut is_after_colons = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if !is_after_colons {
                        self.end_of(&mut path);
                    }
                    path.push(ident.to_string());
                    is_after_colons = false;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => is_after_colons = true,
                TokenTree::Group(group) => {
                    self.end_of(&mut path);
                    is_after_colons = false;
                    self.tokens(group.stream());
                }
                TokenTree::Literal(literal) => {
                    self.end_of(&mut path);
                    is_after_colons = false;
                    let text = literal.to_string();
                    let text = text.trim_matches('"');
                    if (text.contains("super::") || text.contains("crate::"))
                        && let Ok(within) = text.parse()
                    {
                        self.tokens(within);
                    }
                }
                TokenTree::Punct(_) => {
                    self.end_of(&mut path);
                    is_after_colons = false;
                }
            }
        }
        self.end_of(&mut path);
    }

    fn end_of(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.first().is_some_and(|first| first == "crate" || first == "super") {
            self.mention(path);
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::Path(path) => path.is_ident("test"),
        Meta::NameValue(_) => false,
    };
    attributes.iter().any(is_test)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Every path of a `use`, written out.
fn written_out(tree: &UseTree, before: &[String], found: &mut Vec<Vec<String>>) {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => written_out(&path.tree, &with(path.ident.to_string()), found),
        UseTree::Name(name) => found.push(with(name.ident.to_string())),
        UseTree::Rename(rename) => found.push(with(rename.ident.to_string())),
        UseTree::Glob(_) => found.push(before.to_vec()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| written_out(tree, before, found)),
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        } else if let Item::Mod(ItemMod { ident, content: None, .. }) = item {
            self.test_modules.push([&self.scope[..], &[ident.to_string()]].concat());
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.content.is_some() {
            self.scope.push(module.ident.to_string());
            visit::visit_item_mod(self, module);
            self.scope.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut paths = Vec::new();
        written_out(&item.tree, &[], &mut paths);
        for segments in paths {
            if matches!(item.vis, Visibility::Inherited) {
                self.mention(segments);
            } else {
                self.exports.push(Mention { scope: self.scope.clone(), segments });
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.first().is_some_and(|first| first == "crate" || first == "super") {
            self.mention(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    /// Where something may be seen from is not a use of that.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}
