//! Which words can be names, and where.
//!
//! Keywords are contextual. Most can be a name anywhere (`count`, `id`), some only where a name is declared (`by = 1`,
//! `title: string`), some only in brackets (`['first']`). Which is which was found by asking Microsoft's parser, the
//! npm package `@kusto/language-service-next`, on 2026-11-23.

/// Keywords that may be declared bare, but are referred to in brackets only. Sorted.
const DECLARABLE: [&str; 27] = [
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "earliest",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "mdm",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "sql",
    "title",
    "to",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Keywords that are names in brackets only. Sorted.
const BRACKETED: [&str; 132] = [
    "3Dchart",
    "__contextual_datatable",
    "__crossCluster",
    "__crossDB",
    "__executeAndCache",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__projectAway",
    "__sourceColumnIndex",
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "bagexpansion",
    "barchart",
    "between",
    "bin_legacy",
    "boolean",
    "byte",
    "cachingpolicy",
    "callout",
    "cancel",
    "card",
    "char",
    "columnchart",
    "contains_cs",
    "containscs",
    "cycles",
    "dataexport",
    "datascope",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "encodingpolicy",
    "endswith",
    "endswith_cs",
    "expandoutput",
    "extent_tags_retention",
    "external_data",
    "first",
    "flags",
    "float",
    "force_remote",
    "harddelete",
    "hardretention",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "hotcache",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "journal",
    "kind",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "missing",
    "nooptimization",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "pathformat",
    "piechart",
    "pivotchart",
    "project",
    "queries",
    "query_results",
    "real",
    "relaxed",
    "restricted_view_access",
    "row_level_security",
    "rowstore",
    "rowstore_references",
    "rowstore_sealinfo",
    "rowstorepolicy",
    "rowstores",
    "scatterchart",
    "seal",
    "seals",
    "shards",
    "simple",
    "softdelete",
    "softretention",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "statistics",
    "storedqueryresultcontainers",
    "string",
    "tablepurge",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "unrestrictedviewers",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_source",
    "with_step_name",
    "withsource",
    "writeaheadlog",
];

/// Keywords that, though reserved, may be referred to as a column.
const SPECIAL: [&str; 3] = ["kind", "with_source", "withsource"];

/// Whether the word may be a name wherever a name may stand.
pub(super) fn is_name(word: &str) -> bool {
    is_declarable(word) && DECLARABLE.binary_search(&word).is_err()
}

/// Whether the word may be a name where one is referred to as a column or table.
pub(super) fn is_reference(word: &str) -> bool {
    SPECIAL.contains(&word) || is_name(word)
}

/// Whether the word looks like a name but needs brackets to be one.
pub(super) fn is_word_reserved(word: &str) -> bool {
    BRACKETED.binary_search(&word).is_ok()
}

/// Whether the word may be a name where one is declared.
pub(super) fn is_declarable(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$');
    plain && BRACKETED.binary_search(&word).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(DECLARABLE.is_sorted() && BRACKETED.is_sorted());
    }

    #[test]
    fn words_know_their_places() {
        for word in ["count", "id", "type", "event", "from", "step", "bin", "$left", "_x", "3com"] {
            assert!(is_name(word), "{word}");
        }
        for word in ["to", "by", "title", "in", "where"] {
            assert!(!is_name(word) && is_declarable(word), "{word}");
        }
        for word in ["first", "long", "and", "project-away", "!in", "union"] {
            assert!(!is_declarable(word), "{word}");
        }
        assert!(is_reference("kind") && !is_name("kind"));
    }
}
