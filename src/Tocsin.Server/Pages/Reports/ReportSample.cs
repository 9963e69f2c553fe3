using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>What a report looks like, for those who have none yet. The figures are made up, and the page says so.</summary>
internal static class ReportSample
{
    private static readonly DateOnly _monday = new(2026, 3, 2);

    private static readonly (int High, int Low)[] _days = [(2, 1), (1, 0), (4, 1), (2, 0), (1, 1), (0, 1), (3, 0)];

    private static readonly ReportScope _scope = new()
    {
        From = new(_monday, TimeOnly.MinValue, TimeSpan.Zero),
        To = new(_monday.AddDays(7), TimeOnly.MinValue, TimeSpan.Zero),
        TimeZone = "UTC",
    };

    public static ResponseReportView Response { get; } = new(
        _scope,
        new()
        {
            Incidents = 17,
            HighUrgency = 13,
            LowUrgency = 4,
            Resolved = 16,
            Acknowledged = 1,
            TimeToAcknowledge = new(14, 160, 310, 720),
            TimeToResolve = new(13, 1_860, 2_940, 5_700),
            EndedAlone = 3,
            TimeToEndAlone = new(3, 240, 250, 340),
        },
        [new(null, new() { Incidents = 17 })], [new(null, new() { Incidents = 17 })], "day",
        [.. _days.Select((day, i) => new ResponseBucketView(_monday.AddDays(i), day.High, day.Low, null))]);
}
