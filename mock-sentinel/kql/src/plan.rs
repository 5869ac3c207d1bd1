//! The typed plan that the binder makes of a query and the evaluator runs.

mod expr;
pub(crate) mod pattern;

use std::sync::Arc;

pub(crate) use self::expr::{
    ArithmeticOp, CompareOp, Expr, ExprKind, Membership, MembershipTest, NullTest, TextMatch, TextOp, WindowFunction,
};
use crate::{
    aggregates::Aggregate,
    batch::Batch,
    table::Table,
    types::{ColumnType, Schema},
    value::Value,
};

/// Where rows come from, and what is done with them in order.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) source: Source,
    pub(crate) stages: Vec<Stage>,
    /// The columns after the last stage.
    pub(crate) schema: Schema,
    /// Whether the order of rows means something, so that window functions may be used.
    pub(crate) serialized: bool,
    /// What `as` named the rows.
    pub(crate) name: Option<Arc<str>>,
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Table(Table),
    Rows(Batch),
    /// One row of these values.
    Print(Project),
    Range(Range),
    /// One after the other; all have the same schema.
    Union(Vec<Plan>),
    /// The rows handed in by the stage or the transform that runs the plan.
    Input,
}

/// `range name from a to b step c`
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) schema: Schema,
    pub(crate) kind: ColumnType,
    pub(crate) from: Value,
    pub(crate) to: Value,
    pub(crate) step: Value,
}

/// One operator. `Arc` where the payload is large, so that plans stay cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Filter(Expr),
    /// `extend`, `project` and every operator that only names and orders columns.
    Project(Project),
    Take(usize),
    Sort(Sort),
    Summarize(Arc<Summarize>),
    Join(Arc<Join>),
    MvExpand(Arc<MvExpand>),
    MvApply(Arc<MvApply>),
    Parse(Arc<Parse>),
    MakeSeries(Arc<MakeSeries>),
    TopNested(Arc<TopNested>),
    Partition(Arc<Partition>),
    Scan(Arc<Scan>),
    Sample(usize),
}

/// The columns that come out, each an expression over the columns that come in.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) columns: Arc<[Expr]>,
    pub(crate) schema: Schema,
}

/// `sort by`, `top`
#[derive(Debug, Clone)]
pub(crate) struct Sort {
    pub(crate) keys: Arc<[SortKey]>,
    /// Only this number of rows is needed.
    pub(crate) limit: Option<usize>,
}

/// One key of a sort.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// `summarize`
#[derive(Debug, Clone)]
pub(crate) struct Summarize {
    pub(crate) keys: Vec<Expr>,
    pub(crate) aggregates: Vec<AggregateCall>,
    pub(crate) schema: Schema,
}

/// An aggregate and its arguments.
#[derive(Debug, Clone)]
pub(crate) struct AggregateCall {
    pub(crate) aggregate: &'static Aggregate,
    pub(crate) args: Vec<Expr>,
    /// Only rows where this holds count: the last argument of the `…if` forms.
    pub(crate) condition: Option<Expr>,
    /// The types of what it answers; one except for `arg_max`, `percentiles` and their kin.
    pub(crate) returns: Vec<ColumnType>,
}

/// `join`, `lookup`
#[derive(Debug, Clone)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) right: Plan,
    pub(crate) left_keys: Vec<Expr>,
    pub(crate) right_keys: Vec<Expr>,
    /// Which columns come out: of the left side, then of the right.
    pub(crate) left_columns: Vec<usize>,
    pub(crate) right_columns: Vec<usize>,
    pub(crate) schema: Schema,
}

pub(crate) use crate::syntax::ast::JoinKind;

/// `mv-expand`
#[derive(Debug, Clone)]
pub(crate) struct MvExpand {
    pub(crate) columns: Vec<Expanded>,
    /// Bags become `[key, value]` arrays.
    pub(crate) bags_as_arrays: bool,
    pub(crate) limit: Option<usize>,
    /// The incoming columns kept, and where the expanded ones and the index stand.
    pub(crate) output: Vec<ExpandOutput>,
    pub(crate) schema: Schema,
}

/// One expression that is taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Expanded {
    pub(crate) expr: Expr,
    pub(crate) kind: ColumnType,
}

/// One column that comes out of `mv-expand`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ExpandOutput {
    Input(usize),
    Expanded(usize),
    Index,
}

/// `mv-apply`
#[derive(Debug, Clone)]
pub(crate) struct MvApply {
    pub(crate) expand: MvExpand,
    /// Run over the expanded rows of each row: its source is [`Source::Input`].
    pub(crate) plan: Plan,
    /// For each column out: a column of the row, or of the plan's result.
    pub(crate) output: Vec<ApplyOutput>,
    pub(crate) schema: Schema,
}

/// One column that comes out of `mv-apply`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ApplyOutput {
    Row(usize),
    Result(usize),
}

/// `parse`, `parse-where`, `parse-kv`
#[derive(Debug, Clone)]
pub(crate) struct Parse {
    pub(crate) input: Expr,
    pub(crate) pattern: ParsePattern,
    /// Where each capture goes.
    pub(crate) targets: Vec<usize>,
    pub(crate) only_matches: bool,
    pub(crate) schema: Schema,
}

/// How the text is taken apart.
#[derive(Debug, Clone)]
pub(crate) enum ParsePattern {
    Text(pattern::TextPattern),
    Pairs(pattern::PairPattern),
}

/// `make-series`
#[derive(Debug, Clone)]
pub(crate) struct MakeSeries {
    pub(crate) aggregates: Vec<AggregateCall>,
    /// The series: expressions over the results of the aggregates.
    pub(crate) results: Vec<Expr>,
    pub(crate) defaults: Vec<Value>,
    pub(crate) axis: Expr,
    pub(crate) from: Option<Value>,
    pub(crate) to: Option<Value>,
    /// Whether `to` itself belongs to the axis.
    pub(crate) inclusive: bool,
    pub(crate) step: Value,
    pub(crate) keys: Vec<Expr>,
    /// One series even without rows.
    pub(crate) nonempty: bool,
    pub(crate) schema: Schema,
}

/// `top-nested`
#[derive(Debug, Clone)]
pub(crate) struct TopNested {
    pub(crate) levels: Vec<TopNestedLevel>,
    pub(crate) schema: Schema,
}

/// One level of `top-nested`.
#[derive(Debug, Clone)]
pub(crate) struct TopNestedLevel {
    pub(crate) count: Option<usize>,
    pub(crate) of: Expr,
    pub(crate) others: Option<Value>,
    pub(crate) by: AggregateCall,
    pub(crate) descending: bool,
}

/// `partition by`
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) key: Expr,
    /// Run over the rows of each key: its source is [`Source::Input`].
    pub(crate) plan: Plan,
}

/// `scan`
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(crate) steps: Vec<ScanStep>,
    /// What the declared columns hold where no step sets them.
    pub(crate) defaults: Vec<Value>,
    /// The columns that come in, then the declared ones.
    pub(crate) row: Schema,
    /// What steps see: `row`, then for each step the same columns as it matched last.
    pub(crate) seen: Schema,
    pub(crate) with_match_id: bool,
    pub(crate) schema: Schema,
}

/// One step of a `scan`.
#[derive(Debug, Clone)]
pub(crate) struct ScanStep {
    pub(crate) condition: Expr,
    /// A column of the row and what it is set to.
    pub(crate) assignments: Vec<(usize, Expr)>,
    pub(crate) output: ScanOutput,
}

/// Which of a step's repeated matches come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScanOutput {
    All,
    Last,
    None,
}

impl Plan {
    pub(crate) fn new(source: Source, schema: Schema) -> Self {
        Self { source, stages: Vec::new(), schema, serialized: false, name: None }
    }

    /// How many stages there are, those of inner plans included: what a copy of the plan costs.
    pub(crate) fn weight(&self) -> usize {
        let source = match &self.source {
            Source::Union(plans) => plans.iter().map(Self::weight).sum(),
            _ => 1,
        };
        let inner = |stage: &Stage| match stage {
            Stage::Join(join) => join.right.weight(),
            Stage::MvApply(apply) => apply.plan.weight(),
            Stage::Partition(partition) => partition.plan.weight(),
            _ => 0,
        };
        source + self.stages.len() + self.stages.iter().map(inner).sum::<usize>()
    }

    pub(crate) fn push(&mut self, stage: Stage, schema: Schema) {
        self.stages.push(stage);
        self.schema = schema;
    }
}
