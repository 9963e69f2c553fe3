namespace Tocsin.Telemetry;

/// <summary>Which lines are meant: those for which everything that is said here holds.</summary>
internal sealed record LogQuery
{
    /// <summary>Inclusive.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Exclusive.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>
    /// What the message or the attributes say: words, of which all must occur; <c>"a phrase"</c> as it stands; <c>-word</c> must not occur; <c>start*</c> begins
    /// a word, <c>*end</c> ends one, <c>*part*</c> is anywhere; <c>/pattern/</c> is a regular expression. Upper and lower case are one. Empty: any text.
    /// </summary>
    public string Text { get; init; } = "";

    /// <summary>At least so bad.</summary>
    public LineLevel Least { get; init; }

    public string? Service { get; init; }

    public string? Source { get; init; }

    public string? Environment { get; init; }

    public string? TraceId { get; init; }

    public long? Template { get; init; }
}
