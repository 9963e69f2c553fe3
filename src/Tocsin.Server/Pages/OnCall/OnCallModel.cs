namespace Tocsin.Pages;

/// <summary>Now and next for every schedule, by team.</summary>
public sealed record OnCallModel(IReadOnlyList<OnCallRow> Rows)
{
    /// <summary>The reader's own, now and within four weeks.</summary>
    public IReadOnlyList<MyShift> Shifts { get; init; } = [];

    /// <summary>Open requests for cover; those that the reader can answer first.</summary>
    public IReadOnlyList<SwapCard> Requests { get; init; } = [];
}

/// <param name="Now">Empty: nobody.</param>
/// <param name="NextAt">When the answer changes; null: not within a year.</param>
/// <param name="Next">Who then; empty: nobody.</param>
/// <param name="Mine">The reader is in the team, or on call.</param>
public sealed record OnCallRow(
    string Schedule, string? Team, string TimeZone, IReadOnlyList<string> Now, string Because, DateTimeOffset? NextAt, IReadOnlyList<string> Next, bool Mine);
