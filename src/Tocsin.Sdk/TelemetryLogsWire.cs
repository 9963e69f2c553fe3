using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>One line of a log.</summary>
public sealed record LogLineView
{
    /// <summary>Opaque; the same for as long as the line is kept; ordinal order is order of time.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>debug, info, warning, error or critical.</summary>
    public required string Level { get; init; }

    /// <summary>May hold line feeds: a stack trace is one line.</summary>
    public required string Message { get; init; }

    /// <summary>Null: unknown. So are the next four.</summary>
    public string? Service { get; init; }

    public string? Source { get; init; }

    public string? Environment { get; init; }

    public string? TraceId { get; init; }

    public string? SpanId { get; init; }

    /// <summary>The page of its trace, beneath the server's address; null: it names none.</summary>
    public string? TracePage { get; init; }

    /// <summary>What else was said about it; null: nothing.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>The template of its kind; 0: none was learnt.</summary>
    public long Template { get; init; }
}

/// <summary>Lines, newest first.</summary>
/// <param name="Next">Pass it as <c>after</c> for the next page; null: this is the last.</param>
/// <param name="Complete">False: the time for one search was over before the page was full, and <paramref name="Next"/> goes on.</param>
public sealed record LogPageView(IReadOnlyList<LogLineView> Items, string? Next, bool Complete);

/// <summary>How many lines there were in a span of time.</summary>
/// <param name="At">When it begins.</param>
public sealed record LogBucketView(DateTimeOffset At, long Debug, long Info, long Warning, long Error, long Critical);

/// <param name="StepSeconds">The width of each bucket; whole minutes.</param>
/// <param name="Complete">False: the time for it was over.</param>
/// <param name="CountedFrom">Null: everything was counted. Else buckets before this are empty or too low.</param>
public sealed record LogHistogramView(IReadOnlyList<LogBucketView> Items, int StepSeconds, bool Complete, DateTimeOffset? CountedFrom = null);

/// <summary>What lines of one kind have in common.</summary>
public sealed record LogTemplateView
{
    /// <summary>The same on every node and after every restart.</summary>
    public required long Id { get; init; }

    /// <summary>Null: unknown.</summary>
    public string? Service { get; init; }

    /// <summary>debug, info, warning, error or critical.</summary>
    public required string Level { get; init; }

    /// <summary>The text, with marks such as <c>&lt;num&gt;</c> and <c>&lt;*&gt;</c> where lines differ.</summary>
    public required string Pattern { get; init; }

    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>By the minute.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Lines so far.</summary>
    public required long Count { get; init; }

    /// <summary>The first of them, cut after 1000 characters.</summary>
    public required string Example { get; init; }
}
