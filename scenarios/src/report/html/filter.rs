//! The bar that hides cases. Without JavaScript it is not shown, and everything stays readable.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::super::Report;
use super::super::section::Section;

pub(super) fn bar(report: &Report) -> Markup {
    let sections: BTreeSet<_> = report.cases.iter().map(Section::of).collect();
    let families: BTreeSet<_> = report.cases.iter().map(|case| case.family).collect();
    let levels: BTreeSet<_> = report.cases.iter().map(|case| case.level).collect();
    html! {
        form.filter id="filter" role="search" hidden {
            input type="search" name="text" placeholder="Filter by id, title or check" aria-label="Text" autocomplete="off";
            (choice("verdict", "Verdict", sections.iter().map(|section| section.name())))
            (choice("family", "Family", families.iter().map(|family| family.name())))
            (choice("level", "Level", levels.iter().map(|level| level.name())))
            button type="reset" { "Reset" }
            output name="shown" {}
        }
    }
}

fn choice<'a>(name: &str, label: &str, values: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        select name=(name) aria-label=(label) {
            option value="" { "Any " (name) }
            @for value in values { option value=(value) { (value) } }
        }
    }
}
