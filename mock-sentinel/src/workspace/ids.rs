//! The ids of a table, page by page.

use super::StoredTable;

/// Some of a table's ids.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IdsPage {
    pub(crate) ids: Vec<String>,
    /// Whether others follow.
    pub(crate) more: bool,
}

impl StoredTable {
    /// The most bytes of ids in a page: one id alone may have 64 KB.
    const PAGE_BYTES: usize = 4 * 1024 * 1024;

    /// The different ids of all rows, visible or not, each where it came first, in the order of arrival: those after the id
    /// `after`, at most `limit` of them. `None` when no row has the id `after`.
    ///
    /// New rows only ever add to the end of this order, so that paging after the last id returns the rows received since.
    pub(crate) fn ids_page(&self, after: Option<&str>, limit: usize) -> Option<IdsPage> {
        let mut ids = self.different_ids();
        if let Some(after) = after {
            ids.find(|id| *id == after)?;
        }
        let (mut page, mut bytes) = (IdsPage::default(), 0);
        for id in ids {
            if page.ids.len() >= limit || (bytes + id.len() > Self::PAGE_BYTES && bytes > 0) {
                page.more = true;
                break;
            }
            bytes += id.len();
            page.ids.push(id.to_owned());
        }
        Some(page)
    }

    fn different_ids(&self) -> impl Iterator<Item = &str> {
        let batches = self.visible.batches().chain(self.pending.iter().map(|pending| &pending.rows));
        let rows = batches.flat_map(|batch| {
            let column = self.id_column.map(|index| batch.column(index));
            (0..batch.len()).map(move |row| column.and_then(|column| column.str(row)))
        });
        rows.zip(&self.brought_id).filter_map(|(id, first)| id.filter(|_| *first))
    }
}
