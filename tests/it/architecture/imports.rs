//! Who uses whom within a crate, read from its sources: no file may be part of an import cycle.
//!
//! The rule: a file uses another when it names something that is defined there; what a third file re-exports counts for the file that
//! defines it. A module and its own ancestors may use each other. Test code does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use source::{Mention, Source};
use syn::File;

mod source;

/// A module that has a file: `["scenario", "read"]`; the root of the crate is empty.
type Module = Vec<String>;

/// A file, and the files that it uses.
pub(super) type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// Reads all files below `src`. Programs beside the library are not part of it.
pub(super) fn read(src: &Path) -> Uses {
    let mut files = BTreeMap::new();
    for path in sources(src) {
        let below: PathBuf = path.strip_prefix(src).expect("it was found there").with_extension("");
        let mut module: Module = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        module.retain(|part| part != "lib" && part != "mod");
        let text = fs::read_to_string(&path).expect("a source is text");
        files.insert(module, syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    }
    uses(&files)
}

/// The uses between parsed files.
fn uses(files: &BTreeMap<Module, File>) -> Uses {
    let read = |(module, file): (&Module, &File)| (module.clone(), Source::of(module, file));
    let mut sources: BTreeMap<Module, Source> = files.iter().map(read).collect();
    let tests: BTreeSet<Module> = sources.values().flat_map(|source| source.test_modules.clone()).collect();
    sources.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));

    let resolve = |mention: &Mention| resolve(mention, &|module| sources.contains_key(module));
    let exports = sources.values().flat_map(|source| &source.exports);
    let exports: BTreeMap<(Module, String), (Module, Option<String>)> = exports
        .filter_map(|export| {
            let (target, name) = resolve(export)?;
            let exported = name.clone().or_else(|| target.last().cloned())?;
            let file = (0..=export.scope.len()).rev().map(|length| export.scope[..length].to_vec());
            let file = file.into_iter().find(|module| sources.contains_key(module))?;
            Some(((file, exported), (target, name)))
        })
        .collect();

    let used = |source: &Source| {
        let targets = source.mentions.iter().filter_map(|mention| {
            let (mut target, mut name) = resolve(mention)?;
            // A chain of re-exports is short, and one that goes round ends here.
            for _ in 0..8 {
                let Some(next) = name.clone().and_then(|name| exports.get(&(target.clone(), name))) else { break };
                (target, name) = next.clone();
            }
            Some(target)
        });
        targets.collect::<BTreeSet<_>>()
    };
    let is_family = |one: &Module, other: &Module| one.starts_with(other) || other.starts_with(one);
    let of = |(module, source): (&Module, &Source)| {
        let targets = used(source).into_iter().filter(|target| !is_family(module, target));
        (module.clone(), targets.collect())
    };
    sources.iter().map(of).collect()
}

/// The file that a path leads to, and the name that is meant in it; none where it leads out of the crate.
fn resolve(mention: &Mention, is_file: &impl Fn(&Module) -> bool) -> Option<(Module, Option<String>)> {
    let mut segments = mention.segments.iter().peekable();
    let mut at = match segments.peek()?.as_str() {
        "crate" => Module::new(),
        "super" | "self" => mention.scope.clone(),
        child => {
            let child = [&mention.scope[..], &[child.to_owned()]].concat();
            is_file(&child).then(|| mention.scope.clone())?
        }
    };
    while let Some(segment) = segments.next_if(|segment| ["crate", "self", "super"].contains(&segment.as_str())) {
        if segment == "super" {
            at.pop()?;
        }
    }
    // `super` of a module within a file leads to that file.
    while !is_file(&at) {
        at.pop()?;
    }
    while let Some(segment) = segments.peek() {
        let child = [&at[..], &[(*segment).clone()]].concat();
        if !is_file(&child) {
            break;
        }
        at = child;
        segments.next();
    }
    Some((at, segments.next().filter(|name| *name != "self").cloned()))
}

/// The cycles, the longest first: each file with those of the cycle that it uses.
pub(super) fn cycles(uses: &Uses) -> Vec<Uses> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        uses.keys().map(|module| (module, reach(uses, module))).collect();
    let mut cycles = BTreeSet::new();
    for (module, far) in &reached {
        let back = |other: &&&Module| reached.get(**other).is_some_and(|far| far.contains(module));
        let cycle: BTreeSet<Module> = far.iter().filter(back).map(|other| (*other).clone()).collect();
        if !cycle.is_empty() {
            cycles.insert(cycle);
        }
    }
    let within = |cycle: &BTreeSet<Module>| {
        let of = |module: &Module| (module.clone(), uses[module].intersection(cycle).cloned().collect());
        cycle.iter().map(of).collect::<Uses>()
    };
    let mut cycles: Vec<Uses> = cycles.iter().map(within).collect();
    cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.len()));
    cycles
}

/// Everything that `from` uses, directly or through others.
fn reach<'a>(uses: &'a Uses, from: &Module) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = uses.get(from).into_iter().flatten().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(uses.get(module).into_iter().flatten());
        }
    }
    reached
}

/// A cycle as text: `a -> b, c`, a line a file.
pub(super) fn tell(cycle: &Uses) -> String {
    let name = |module: &Module| if module.is_empty() { "lib".to_owned() } else { module.join("::") };
    let line = |(module, used): (&Module, &BTreeSet<Module>)| {
        format!("    {} -> {}", name(module), used.iter().map(name).collect::<Vec<_>>().join(", "))
    };
    cycle.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// All Rust files below a folder, but for programs.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "bin") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs")
                && path.file_name().is_some_and(|n| n != "main.rs")
            {
                found.push(path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let module = |name: &str| name.split("::").filter(|part| *part != "lib").map(str::to_owned).collect();
        let parse = |(name, text): &(&str, &str)| (module(name), syn::parse_file(text).expect("a source"));
        let found = cycles(&uses(&files.iter().map(parse).collect()));
        let found: Vec<String> = found.iter().map(|cycle| tell(cycle).trim().replace("\n    ", "; ")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn files_that_use_each_other_are_a_cycle() {
        check(&[("a", "use super::b::B;"), ("b", "fn f(a: crate::a::A) {}"), ("lib", "")], &["a -> b; b -> a"]);
        check(&[("a", "use super::b::B;"), ("b", "fn f() {}"), ("lib", "")], &[]);
    }

    #[test]
    fn a_re_export_leads_to_the_file_that_defines() {
        let lib = ("lib", "mod a; mod b; pub use b::B; pub use a::A;");
        check(&[lib, ("a", "use crate::B;"), ("b", "use super::A;")], &["a -> b; b -> a"]);
        check(&[lib, ("a", "use crate::B;"), ("b", "")], &[]);
    }

    #[test]
    fn macros_and_attributes_count_and_tests_and_comments_do_not() {
        let b = ("b", "use super::a::A;");
        check(&[("lib", ""), b, ("a", "fn f() { vec![1, crate::b::B] }")], &["a -> b; b -> a"]);
        check(&[("lib", ""), b, ("a", "#[x(with = \"super::b::B\")] struct A;")], &["a -> b; b -> a"]);
        check(&[("lib", ""), b, ("a", "/// [`crate::b::B`]\n#[cfg(test)] mod tests { use crate::b::B; }")], &[]);
    }

    #[test]
    fn a_module_and_its_ancestors_may_use_each_other() {
        check(&[("lib", ""), ("a", "use self::b::B;"), ("a::b", "use super::A;")], &[]);
    }
}
