using System.Globalization;
using System.Text.Json;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>Lines of the logs, or their patterns.</summary>
public sealed record LogsModel(LogsForm Form)
{
    public const int PageSize = 100;

    /// <summary>What is wrong with what was asked; its field says beside what it is said.</summary>
    public Error? Fault { get; init; }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<LogRowModel> Lines { get; init; } = [];

    /// <summary>Where the older lines are; null: there are none in this stretch of time.</summary>
    public string? Older { get; init; }

    /// <summary>From where following goes on; empty: from when it begins.</summary>
    public string Place { get; init; } = "";

    /// <summary>The page begins after older lines than the newest: there is no live tail.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Null: all of the time was looked through, or a page is full. Else how far back it came in the time that a search has.</summary>
    public DateTimeOffset? SearchedBackTo { get; init; }

    public IReadOnlyList<HistogramBucket> Histogram { get; init; } = [];

    /// <summary>Null: all was counted. Else the histogram could not be counted further back in the time that it has.</summary>
    public DateTimeOffset? CountedFrom { get; init; }

    /// <summary>What there is to choose from.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>The pattern that the lines are narrowed to, where it is still known.</summary>
    public string? Pattern { get; init; }

    /// <summary>Where a detector of these lines is made; null: the reader may make none.</summary>
    public string? Watch { get; init; }

    /// <summary>A command that sends the first line; null: there are lines already.</summary>
    public string? First { get; init; }

    public long Total => Histogram.Sum(b => b.Total);
}

/// <param name="Counts">By level, debug first.</param>
public sealed record HistogramBucket(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<long> Counts)
{
    public long Total => Counts.Sum();
}

/// <summary>One line as a page shows it.</summary>
/// <param name="Id">Opaque; stays the same.</param>
/// <param name="IsChosen">It is what the page is about.</param>
public sealed record LogRowModel(string Id, LogLine Line, long Template, bool IsChosen = false)
{
    private const int MostAttributes = 60;

    /// <summary>The first line of the message.</summary>
    public string Head => Line.Message.AsSpan().IndexOfAny('\r', '\n') is > 0 and var end ? Line.Message[..end] : Line.Message.TrimStart('\r', '\n') is var rest && rest != Line.Message ? rest.Split('\n')[0] : Line.Message;

    /// <summary>What follows the first line, such as a stack trace; empty: nothing.</summary>
    public string Rest => Head.Length < Line.Message.Length ? Line.Message[Line.Message.IndexOf(Head, StringComparison.Ordinal)..][Head.Length..].TrimStart('\r', '\n') : "";

    public int RestLines => Rest.Length == 0 ? 0 : Rest.AsSpan().TrimEnd('\n').Count('\n') + 1;

    /// <summary>What else was said about it; of what is nested, its JSON.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes
    {
        get
        {
            if (Line.Attributes.Length == 0)
            {
                return [];
            }

            try
            {
                using var json = JsonDocument.Parse(Line.Attributes);
                return json.RootElement.ValueKind == JsonValueKind.Object
                    ? [.. json.RootElement.EnumerateObject().Take(MostAttributes).Select(p => new KeyValuePair<string, string>(p.Name, p.Value.ToString()))]
                    : [new("attributes", Line.Attributes)];
            }
            catch (JsonException)
            {
                // It was cut when it came in.
                return [new("attributes", Line.Attributes)];
            }
        }
    }

    /// <summary>A name for the element that is the same on every page.</summary>
    public string Anchor => $"l-{Id}";

    public string Address => $"/logs/context?id={Uri.EscapeDataString(Id)}";

    public string Micros => Line.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}

/// <summary>A line and its neighbours of the same service.</summary>
/// <param name="Lines">Newest first, the line itself among them.</param>
/// <param name="Link">The line's whole address, to send to somebody.</param>
public sealed record LogContextModel(string Id, IReadOnlyList<LogRowModel> Lines, string Link)
{
    public int Each { get; init; }

    public bool MayWiden { get; init; }

    public LogRowModel? Chosen => Lines.FirstOrDefault(l => l.IsChosen);
}

/// <summary>The patterns that lines have.</summary>
public sealed record TemplatesModel(LogsForm Form)
{
    public const int Most = 200;

    public Error? Fault { get; init; }

    /// <summary>Those that are new in this stretch of time first, then by their number.</summary>
    public IReadOnlyList<TemplateLine> Templates { get; init; } = [];

    /// <summary>How many there are, of which the first are shown.</summary>
    public int All { get; init; }

    public IReadOnlyList<string> Services { get; init; } = [];
}

/// <param name="Count">Lines in the stretch of time.</param>
/// <param name="Ever">Lines since it was first seen.</param>
/// <param name="Spark">Lines over the stretch of time.</param>
public sealed record TemplateLine(
    long Id, string Service, LineLevel Level, string Pattern, string Example, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, long Count, long Ever, bool IsNew, IReadOnlyList<double> Spark);

internal static class LineWords
{
    /// <summary>The parts of a column of the histogram, debug first.</summary>
    public static readonly IReadOnlyList<string> Bars = ["v-debug", "v-info", "v-warning", "v-error", "v-critical"];

    public static Look Level(LineLevel level) => level switch
    {
        LineLevel.Debug => new("·", "Debug", "low"),
        LineLevel.Info => new("i", "Info", "info"),
        LineLevel.Warning => new("○", "Warning", "warning"),
        LineLevel.Error => new("✕", "Error", "high"),
        _ => new("◆", "Critical", "critical"),
    };

    /// <summary>"14:03: 120 lines, 3 errors".</summary>
    public static string Said(HistogramBucket bucket, Clock clock)
    {
        var bad = bucket.Counts.Select((n, i) => (n, i)).Where(c => c.n > 0 && c.i >= (int)LineLevel.Warning).Reverse().Select(c => $"{c.n} {Level((LineLevel)c.i).Word.ToLowerInvariant()}");
        return $"{clock.Short(bucket.From)}{(bucket.To - bucket.From < TimeSpan.FromMinutes(1) ? bucket.From.ToString(":ss", CultureInfo.InvariantCulture) : "")}: {string.Join(", ", bad.Prepend(Words.Count(bucket.Total, "line", "lines")))}";
    }
}

/// <summary>Lines that came while somebody looks.</summary>
/// <param name="Lines">Newest first.</param>
public sealed record LogTailModel(LogsForm Form, IReadOnlyList<LogRowModel> Lines);
