use super::{Body, Call, Expr, Name, NamedExpr, Param, Schema, TypeName};
use crate::syntax::Span;

/// One step of a pipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// Which.
    pub kind: OperatorKind,
    /// All of it, from its keyword.
    pub span: Span,
}

/// The kinds of tabular operator.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is the operator of its name; the payloads are documented")]
pub enum OperatorKind {
    As(AsOperator),
    AssertSchema(Schema),
    Consume(ConsumeOperator),
    /// `count`, `count as name`
    Count {
        name: Option<Name>,
    },
    Distinct {
        hints: Vec<Parameter>,
        columns: DistinctColumns,
    },
    Evaluate(Evaluate),
    /// `execute-and-cache`
    ExecuteAndCache,
    Extend(Vec<NamedExpr>),
    Facet(FacetOperator),
    /// `where`, `filter`
    Filter {
        hints: Vec<Parameter>,
        /// Kusto takes `where name = condition`: the name has no effect.
        predicate: NamedExpr,
    },
    Find(Find),
    Fork(Vec<ForkBranch>),
    GetSchema {
        hints: Vec<Parameter>,
    },
    Invoke(Expr),
    Join(Join),
    Lookup(Lookup),
    MakeSeries(MakeSeries),
    MvApply(MvApply),
    MvExpand(MvExpand),
    Parse(Parse),
    ParseKv(ParseKv),
    Partition(Partition),
    Print(Vec<NamedExpr>),
    Project(Vec<NamedExpr>),
    ProjectAway(Vec<ColumnPattern>),
    ProjectKeep(Vec<ColumnPattern>),
    /// Each is `new = old` or `(new, new) = …`.
    ProjectRename(Vec<NamedExpr>),
    ProjectReorder(Vec<ReorderColumn>),
    /// `project-smart`, `project-by-names`
    ProjectByNames(Vec<Expr>),
    Range(Range),
    Reduce(Reduce),
    Render(Render),
    Sample {
        hints: Vec<Parameter>,
        rows: Expr,
    },
    SampleDistinct(SampleDistinct),
    Scan(Scan),
    Search(Search),
    Serialize {
        hints: Vec<Parameter>,
        columns: Vec<NamedExpr>,
    },
    Sort {
        hints: Vec<Parameter>,
        by: Vec<OrderColumn>,
    },
    Summarize(Summarize),
    /// `take`, `limit`
    Take {
        hints: Vec<Parameter>,
        rows: Expr,
    },
    Top(Top),
    TopHitters(TopHitters),
    TopNested(TopNested),
    Union(Union),
}

/// `name = value` after an operator's keyword: `kind=inner`, `hint.strategy=shuffle`, `withsource=T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// With its dots: `hint.strategy`.
    pub name: Name,
    /// The value.
    pub value: ParameterValue,
    /// All of it.
    pub span: Span,
}

/// The value of a [`Parameter`].
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// A bare word or a column.
    Name(Name),
    /// Several columns, `hint.shufflekey = (a, b)`, or render's `ycolumns = a, b`.
    Names(Vec<Name>),
    /// A constant.
    Expr(Expr),
}

/// `as name`, `as hint.materialized=true name`.
#[derive(Debug, Clone, PartialEq)]
pub struct AsOperator {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The name the rows so far go by.
    pub name: Name,
}

/// `consume decodeblocks=true`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumeOperator {
    /// Parameters.
    pub parameters: Vec<Parameter>,
}

/// What `distinct` keeps.
#[derive(Debug, Clone, PartialEq)]
pub enum DistinctColumns {
    /// `*`
    All,
    /// Columns or expressions.
    Listed(Vec<NamedExpr>),
}

/// A column or a pattern with `*` in `project-away` and its kin.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnPattern {
    /// The name, or the pattern with its `*`.
    pub name: Name,
    /// Whether `name` holds wildcards.
    pub wildcard: bool,
}

/// One entry of `project-reorder`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReorderColumn {
    /// The columns.
    pub columns: ColumnPattern,
    /// How several matches are ordered among themselves.
    pub order: Option<ReorderOrder>,
}

/// How `project-reorder` orders the columns of one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReorderOrder {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`: numbers inside names count as numbers.
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// `evaluate plugin(…) : (schema)`; also a pipe's start.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The plugin and its arguments.
    pub call: Call,
    /// The schema promised.
    pub schema: Option<Schema>,
}

/// `facet by a, b with (…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetOperator {
    /// The columns.
    pub columns: Vec<Expr>,
    /// What is done with each table: a pipe without a source.
    pub with: Option<Vec<Operator>>,
}

/// One branch of `fork`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForkBranch {
    /// Its name.
    pub name: Option<Name>,
    /// A pipe without a source.
    pub operators: Vec<Operator>,
}

/// `find withsource=… in (…) where … project …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// `withsource=`, `datascope=` and hints.
    pub parameters: Vec<Parameter>,
    /// The tables; empty for all.
    pub sources: Vec<FindSource>,
    /// The condition.
    pub predicate: Expr,
    /// `project a, b: string, pack(*)`; none for `project-smart`.
    pub project: Option<Vec<ColumnProjection>>,
    /// `project-away a, b`.
    pub project_away: Vec<ColumnPattern>,
}

/// One table of `find` and `search`, such as `T*` or `database("d").T`.
pub type FindSource = Expr;

/// One column of `find … project`.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProjection {
    /// The column, or a `pack(…)` call.
    pub column: Expr,
    /// The type it is read as.
    pub ty: Option<TypeName>,
}

/// `join kind=inner (…) on a, $left.b == $right.c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The kind; `innerunique` when not written.
    pub kind: JoinKind,
    /// `hint.*` and others.
    pub hints: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// The conditions, all of which must hold.
    pub on: JoinCondition,
}

/// The kinds of `join` and `lookup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Kusto's own")]
pub enum JoinKind {
    InnerUnique,
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    RightSemi,
    /// `leftanti`, `anti`, `leftantisemi`
    LeftAnti,
    RightAnti,
}

/// What joins two sides.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expr>),
    /// `where $left.a == $right.b`
    Where(Box<Expr>),
    /// Nothing: every row with every row.
    Cross,
}

/// `lookup kind=leftouter (…) on a`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// `leftouter` when not written, or `inner`.
    pub kind: JoinKind,
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// The keys.
    pub on: Vec<Expr>,
}

/// `make-series n = count() default=0 on t from a to b step c by k`.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeries {
    /// `kind=nonempty` and hints.
    pub parameters: Vec<Parameter>,
    /// The aggregates.
    pub columns: Vec<MakeSeriesColumn>,
    /// The axis.
    pub axis: MakeSeriesAxis,
    /// The groups.
    pub by: Vec<NamedExpr>,
}

/// One aggregate of `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeriesColumn {
    /// The aggregate.
    pub aggregate: NamedExpr,
    /// `default = x` for bins without rows.
    pub default: Option<Expr>,
}

/// The axis of `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeriesAxis {
    /// `on t`, `on x = bin(t, 1h)`.
    pub column: NamedExpr,
    /// Where it runs.
    pub range: MakeSeriesRange,
}

/// Where the axis of `make-series` runs.
#[derive(Debug, Clone, PartialEq)]
pub enum MakeSeriesRange {
    /// `from a to b step c`: `to` is excluded; absent ends come from the data.
    FromToStep {
        /// The first point.
        from: Option<Expr>,
        /// The end, excluded.
        to: Option<Expr>,
        /// The distance.
        step: Expr,
    },
    /// `in range(a, b, c)`: `b` is included.
    InRange {
        /// The first point.
        start: Expr,
        /// The last point, included.
        stop: Expr,
        /// The distance.
        step: Expr,
    },
}

/// `mv-apply x = a to typeof(long) on ( … )`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvApply {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// `with_itemindex = i`.
    pub item_index: Option<Name>,
    /// What is taken apart.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`.
    pub limit: Option<Expr>,
    /// `id i`: the column that tells the source rows apart.
    pub context_id: Option<Expr>,
    /// What is done with the rows of each source row: a pipe without a source.
    pub operators: Vec<Operator>,
}

/// `mv-expand bagexpansion=array with_itemindex=i x = a to typeof(long) limit 5`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvExpand {
    /// `bagexpansion=`, `kind=` and hints.
    pub parameters: Vec<Parameter>,
    /// `with_itemindex = i`.
    pub item_index: Option<Name>,
    /// What is taken apart.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`.
    pub limit: Option<Expr>,
}

/// One column of `mv-expand` and `mv-apply`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvExpandColumn {
    /// The array or bag, named or not.
    pub value: NamedExpr,
    /// `to typeof(…)`.
    pub to: Option<TypeName>,
}

/// `parse kind=simple x with * "a" b: long`, and `parse-where`.
#[derive(Debug, Clone, PartialEq)]
pub struct Parse {
    /// `parse-where`: rows that do not match are dropped.
    pub only_matches: bool,
    /// The kind; `simple` when not written.
    pub kind: ParseKind,
    /// `flags=` of `kind=regex`.
    pub flags: Option<Name>,
    /// What is parsed.
    pub input: Expr,
    /// The pattern.
    pub pattern: Vec<ParsePattern>,
}

/// How `parse` reads its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Kusto's own")]
pub enum ParseKind {
    Simple,
    Regex,
    Relaxed,
}

/// One piece of the pattern of `parse`.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsePattern {
    /// `*`: whatever comes.
    Skip(Span),
    /// A string, or a regular expression: a constant expression.
    Text(Expr),
    /// A capture, `string` when no type is written.
    Column {
        /// The column made.
        name: Name,
        /// Its type.
        ty: Option<TypeName>,
    },
}

/// `parse-kv x as (a: int) with (pair_delimiter=' ', …)`.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseKv {
    /// What is parsed.
    pub input: Expr,
    /// The keys taken, as columns.
    pub columns: Schema,
    /// `with (…)`.
    pub options: Vec<Parameter>,
}

/// `partition by x (…)`, `partition hint.strategy=native by x { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The column.
    pub by: Expr,
    /// `in (…)` of the scoped form.
    pub scope: Option<Expr>,
    /// What is done with each part.
    pub body: PartitionBody,
}

/// What `partition` does with each part.
#[derive(Debug, Clone, PartialEq)]
pub enum PartitionBody {
    /// `( … )`: a pipe without a source.
    Operators(Vec<Operator>),
    /// `{ … }`: a query of its own.
    Query(Body),
}

/// `range x from a to b step c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The column made.
    pub name: Name,
    /// The first value.
    pub from: Expr,
    /// The last value, included.
    pub to: Expr,
    /// The distance.
    pub step: Expr,
}

/// `reduce by x with threshold=0.1`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduce {
    /// `kind=source` and others before `by`.
    pub parameters: Vec<Parameter>,
    /// What is grouped.
    pub by: NamedExpr,
    /// `with threshold=…, characters=…`.
    pub options: Vec<Parameter>,
}

/// `render timechart with (title="…")`.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    /// The kind of chart.
    pub chart: Name,
    /// Its properties, in both forms.
    pub properties: Vec<Parameter>,
}

/// `sample-distinct 5 of x`.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDistinct {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// How many.
    pub count: Expr,
    /// Of what.
    pub of: Expr,
}

/// `scan declare (…) with (step …)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// `with_match_id=` and hints.
    pub parameters: Vec<Parameter>,
    /// `order by …` inside.
    pub order_by: Vec<OrderColumn>,
    /// `partition by …` inside.
    pub partition_by: Vec<Expr>,
    /// `declare (…)`.
    pub declare: Vec<Param>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// One step of [`Scan`].
#[derive(Debug, Clone, PartialEq)]
pub struct ScanStep {
    /// Its name.
    pub name: Name,
    /// `optional`.
    pub optional: bool,
    /// `output=all|last|none`.
    pub output: Option<Name>,
    /// When it is entered.
    pub condition: Expr,
    /// What it sets.
    pub assignments: Vec<NamedExpr>,
}

/// `search kind=case_sensitive in (T1, T2) "word"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// `kind=` and others.
    pub parameters: Vec<Parameter>,
    /// The tables; empty for all, or for the rows piped in.
    pub sources: Vec<FindSource>,
    /// The condition.
    pub predicate: Expr,
}

/// `x asc nulls last`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderColumn {
    /// What is sorted by; may be named in `top-nested`'s kin only.
    pub expr: Expr,
    /// `asc` or `desc`; `desc` when not written.
    pub direction: Option<SortDirection>,
    /// Where nulls go; first for `asc`, last for `desc` when not written.
    pub nulls: Option<NullsOrder>,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortDirection {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
}

/// Where nulls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// `summarize hint.strategy=shuffle n = count() by k`.
#[derive(Debug, Clone, PartialEq)]
pub struct Summarize {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The aggregates.
    pub aggregates: Vec<NamedExpr>,
    /// The groups.
    pub by: Vec<NamedExpr>,
    /// The old `bin = 1h` after the groups.
    pub bin: Option<Expr>,
}

/// `top 5 by x desc`.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// How many.
    pub count: Expr,
    /// By what.
    pub by: Vec<OrderColumn>,
}

/// `top-hitters 5 of x by y`.
#[derive(Debug, Clone, PartialEq)]
pub struct TopHitters {
    /// How many.
    pub count: Expr,
    /// Of what.
    pub of: Expr,
    /// The weight; one a row when not written.
    pub by: Option<Expr>,
}

/// `top-nested 3 of a by sum(x), top-nested of b by max(y)`.
#[derive(Debug, Clone, PartialEq)]
pub struct TopNested {
    /// The levels, outermost first.
    pub clauses: Vec<TopNestedClause>,
}

/// One level of [`TopNested`].
#[derive(Debug, Clone, PartialEq)]
pub struct TopNestedClause {
    /// How many; all when not written.
    pub count: Option<Expr>,
    /// Of what.
    pub of: NamedExpr,
    /// `with others = …`.
    pub others: Option<Expr>,
    /// The aggregate.
    pub by: NamedExpr,
    /// `asc` or `desc`; `desc` when not written.
    pub direction: Option<SortDirection>,
}

/// `union kind=outer withsource=T isfuzzy=true a, b*, (c | take 1)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// `kind=outer|inner`, `withsource=`, `isfuzzy=` and hints.
    pub parameters: Vec<Parameter>,
    /// The tables.
    pub sources: Vec<UnionSource>,
}

/// One table of `union`: a name, a pattern, a path or a parenthesised query.
pub type UnionSource = Expr;

/// `datatable (a: int) [1, 2]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTable {
    /// The columns.
    pub schema: Schema,
    /// The values, row by row; constant expressions.
    pub values: Vec<Expr>,
}

/// `externaldata (a: int) ["https://…"] with (format="csv")`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalData {
    /// The columns.
    pub schema: Schema,
    /// Where from.
    pub uris: Vec<Expr>,
    /// `with (…)`.
    pub options: Vec<Parameter>,
}
