using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What lists of traces tell of some spans of one trace.</summary>
/// <param name="Service">Of the span that began the trace, or of the earliest; so is the name.</param>
/// <param name="IsRoot">That span belongs to no other.</param>
/// <param name="NamedAt">When that span began.</param>
internal sealed record TraceSum(string TraceId, string Service, string Name, bool IsRoot, DateTimeOffset NamedAt)
{
    /// <summary>A trace is found by so many of its services.</summary>
    public const int MostParts = 50;

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required long Spans { get; init; }

    public required long Failed { get; init; }

    /// <summary>Each service with its earliest span; at most <see cref="MostParts"/>.</summary>
    public required IReadOnlyDictionary<string, (string Name, DateTimeOffset StartedAt)> Parts { get; init; }

    public static TraceSum Of(string traceId, IReadOnlyList<TraceSpan> spans)
    {
        var first = spans.MinBy(static s => (s.ParentId.Length > 0, s.StartedAt))!;
        return new(traceId, StorableText.Of(first.Service), StorableText.Of(first.Name), first.ParentId.Length == 0, first.StartedAt)
        {
            StartedAt = spans.Min(static s => s.StartedAt),
            EndedAt = spans.Max(static s => Ended(s)),
            Spans = spans.Count,
            Failed = spans.Count(static s => s.Failed),
            Parts = spans.Where(static s => s.Service.Length > 0).GroupBy(static s => StorableText.Of(s.Service), StringComparer.Ordinal)
                .Select(static part => (Service: part.Key, Span: part.MinBy(static s => s.StartedAt)!)).OrderBy(static p => p.Span.StartedAt).Take(MostParts)
                .ToDictionary(static p => p.Service, static p => (StorableText.Of(p.Span.Name), p.Span.StartedAt), StringComparer.Ordinal),
        };
    }

    /// <summary>Of both.</summary>
    public TraceSum With(TraceSum other)
    {
        var named = (!other.IsRoot, other.NamedAt).CompareTo((!IsRoot, NamedAt)) < 0 ? other : this;
        var parts = Parts.Concat(other.Parts).GroupBy(static p => p.Key, StringComparer.Ordinal).ToDictionary(static p => p.Key, static p => p.MinBy(static q => q.Value.StartedAt).Value, StringComparer.Ordinal);
        return named with
        {
            StartedAt = StartedAt < other.StartedAt ? StartedAt : other.StartedAt,
            EndedAt = EndedAt > other.EndedAt ? EndedAt : other.EndedAt,
            Spans = Spans + other.Spans,
            Failed = Failed + other.Failed,
            Parts = parts,
        };
    }

    /// <summary>A sender may say anything of how long something took.</summary>
    private static DateTimeOffset Ended(TraceSpan span) => span.Duration < DateTimeOffset.MaxValue - span.StartedAt ? span.StartedAt + span.Duration : span.StartedAt;
}
