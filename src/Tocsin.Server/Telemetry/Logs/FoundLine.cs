namespace Tocsin.Telemetry;

/// <summary>One stored line.</summary>
/// <param name="Id">Opaque; the same for as long as the line is kept; ordinal order is order of time.</param>
/// <param name="Template">0: none was learnt.</param>
internal sealed record FoundLine(string Id, LogLine Line, long Template);

/// <summary>Lines, newest first.</summary>
/// <param name="Next">Where the search goes on; null: it has seen everything.</param>
/// <param name="Complete">False: the time for one search was over before the page was full; <paramref name="Next"/> goes on.</param>
internal sealed record LogPage(IReadOnlyList<FoundLine> Lines, string? Next, bool Complete);

/// <summary>How many lines there were, by time and level.</summary>
/// <param name="Step">The width of each bucket; whole minutes.</param>
/// <param name="CountedFrom">Null: everything was counted. Else the time for it was over, and buckets before this are empty or too low.</param>
internal sealed record LogHistogram(IReadOnlyList<LogBucket> Buckets, TimeSpan Step, DateTimeOffset? CountedFrom)
{
    public bool Complete => CountedFrom is null;
}

/// <param name="At">When the bucket begins.</param>
/// <param name="Counts">One number for each level, in the order of <see cref="LineLevel"/>.</param>
internal sealed record LogBucket(DateTimeOffset At, IReadOnlyList<long> Counts)
{
    public long Total => Counts.Sum();
}

/// <summary>How many lines of one kind one minute had.</summary>
internal readonly record struct LogRate(DateTimeOffset Minute, string Service, LineLevel Level, long Template, long Count);

/// <summary>What lines of one kind have in common.</summary>
/// <param name="Pattern">For people: the text with <c>&lt;num&gt;</c>, <c>&lt;*&gt;</c> and the like where lines differ.</param>
/// <param name="Count">Of lines stored so far.</param>
internal sealed record LogTemplate(
    long Id, string Service, LineLevel Level, string Pattern, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, long Count, string Example);
