using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tocsin.Estate;
using Tocsin.Telemetry;
using Place = Tocsin.Estate.Mark;

namespace Tocsin.Pages;

/// <summary>A detector of the estate as its form has it: texts, whether they can be used or not.</summary>
/// <param name="Type">One of <see cref="Detectors"/>.</param>
public sealed record DetectorDraft(string Type)
{
    public const string NewPath = "/new/detector";

    /// <summary>A fixed question about lines, or about a metric.</summary>
    public const string Lines = "lines";
    public const string Metric = "metric";

    public string Name { get; init; } = "";

    public bool IsOn { get; init; } = true;

    /// <summary>What a fixed question is about; of other detectors empty.</summary>
    public string About { get; init; } = "";

    /// <summary>By the estate's keys; what is missing is empty.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    public string this[string key] => Values.GetValueOrDefault(key, "");

    /// <summary>Where an empty form stands that is filled in with these; a value that is empty is left out.</summary>
    public static string AddressOf(string type, params IEnumerable<(string Key, string Value)> values) =>
        NewPath + QueryString.Create(values.Prepend(("type", type)).Where(v => v.Item2.Length > 0).Select(v => KeyValuePair.Create<string, string?>(v.Item1, v.Item2)));

    public static string EditPath(string name) => $"/detectors/{Uri.EscapeDataString(name)}/edit";

    /// <summary>What was typed, with what the form has of this type.</summary>
    internal static DetectorDraft Read(string type, Func<string, string> typed) => new(type)
    {
        Name = typed("name"),
        IsOn = typed("enabled") != "false",
        About = type != Detectors.Query ? "" : typed("about") is Metric ? Metric : typed("about").Length == 0 && typed("metric").Length > 0 ? Metric : Lines,
        Values = DetectorField.Of(type).Select(f => (f.Key, Value: typed(f.Key))).Where(f => f.Value.Length > 0).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal),
    };

    /// <param name="instead">What is in place of what is stored; empty: nothing. Null: nothing is.</param>
    internal static DetectorDraft Read(EstateMap body, Func<string, string>? instead = null)
    {
        string Stored(string key) => (body.Find(key) as EstateScalar)?.Written ?? "";
        return Read(Stored("type"), key => key != "name" && instead?.Invoke(key) is { Length: > 0 } other ? other : Stored(key));
    }

    /// <summary>The detector as the estate has it. What was not changed is written as it was.</summary>
    /// <param name="stored">Null: there is none yet.</param>
    internal EstateMap Write(EstateMap? stored)
    {
        var body = Set(stored ?? new([], Place.None), "name", Name, isLiteral: false);
        body = Set(body, "type", Type, isLiteral: false);
        body = IsOn == ((body.Find("enabled") as EstateScalar)?.Text != "false") ? body : Set(body, "enabled", IsOn ? "" : "false", isLiteral: true);
        foreach (var field in DetectorField.Of(Type))
        {
            body = Set(body, field.Key, field.Belongs(this) ? this[field.Key] : "", field.IsNumber && double.TryParse(this[field.Key], CultureInfo.InvariantCulture, out _));
        }

        // All lines, whatever they hold, are a question too.
        return About == Lines && this["text"].Length == 0 && this["level"].Length == 0 ? body.With("text", new EstateScalar("", Place.None)) : body;
    }

    /// <summary>The same map with a text; an empty one removes the key. A value that is the same stays as it was written.</summary>
    private static EstateMap Set(EstateMap map, string key, string text, bool isLiteral)
    {
        var old = map.Find(key);
        return text.Length == 0 ? (old is null ? map : new([.. map.Entries.Where(e => e.Key != key)], map.Mark))
            : old is EstateScalar known && known.Written == text ? map
            : map.With(key, new EstateScalar(text, Place.None, isLiteral));
    }
}

/// <summary>One field of the form of a detector. Its help is that of the estate's key.</summary>
/// <param name="Unit">Beside the field; empty: none.</param>
public sealed record DetectorField(string Key, string Label, string Unit = "")
{
    /// <summary>What can be chosen; empty: it is typed.</summary>
    public IReadOnlyList<(string Value, string Text)> Choices { get; init; } = [];

    /// <summary>Only of questions about this, or of objectives with this measure; empty: always.</summary>
    public string Part { get; init; } = "";

    public string Help { get; init; } = "";

    public bool IsNumber { get; init; }

    /// <summary>Whether it counts for a form that is filled in like this.</summary>
    public bool Belongs(DetectorDraft draft) => Part.Length == 0 || Part == (draft.Type == Detectors.Query ? draft.About : draft["measure"]);

    /// <summary>The fields of a type, in the order of the form.</summary>
    public static IReadOnlyList<DetectorField> Of(string type) =>
    [
        With(type, new("service", "Service")),
        .. (type switch
        {
            Detectors.Threshold => (DetectorField[])[new("cpu_percent", "CPU over", "%"), new("memory_percent", "Memory over", "%"), new("latency_ms", "Latency over", "ms"), new("error_rate", "Error rate over")],
            Detectors.Slo =>
            [
                new("objective", "Good events, at least", "%"),
                new("measure", "Measured by") { Choices = [("", "the figure error_rate"), ("lines", "lines: errors are bad"), ("metrics", "two metrics that count")] },
                new("bad_metric", "Metric that counts bad events") { Part = "metrics" }, new("total_metric", "Metric that counts all events") { Part = "metrics" },
            ],
            Detectors.Query =>
            [
                new("text", "Words") { Part = DetectorDraft.Lines },
                new("level", "At least as bad as") { Part = DetectorDraft.Lines, Choices = [("", "any level"), ("info", "info"), ("warning", "warning"), ("error", "error"), ("critical", "critical")] },
                new("more_than", "More lines than", "lines") { Part = DetectorDraft.Lines },
                new("metric", "Metric") { Part = DetectorDraft.Metric }, new("above", "Too high above") { Part = DetectorDraft.Metric }, new("below", "Too low below") { Part = DetectorDraft.Metric },
                new("within", "Within"),
            ],
            _ => [new("sensitivity", "Sensitivity") { Choices = [("", "normal"), ("low", "low: only what is far out"), ("high", "high: less is enough")] }],
        }).Select(f => With(type, f)),
        With(type, new("severity", "Severity of what it finds") { Choices = [("", "as the detector thinks"), ("info", "info"), ("warning", "warning"), ("high", "high"), ("critical", "critical")] }),
    ];

    /// <summary>Whether a text begins with a word of the estate, which is written as it is.</summary>
    private static bool IsKey(string text) => text[..text.IndexOfAny([' ', ','])].Contains('_', StringComparison.Ordinal);

    private static DetectorField With(string type, DetectorField field)
    {
        var known = EstateDetectorShapes.Detector.Fields.First(f => f.Key == field.Key);
        var shape = (ScalarShape)known.Shape;
        var help = known.Help.StartsWith(type, StringComparison.Ordinal) ? known.Help[(known.Help.IndexOf(": ", StringComparison.Ordinal) + 2)..] : known.Help;
        return field with
        {
            Help = (IsKey(help) ? help : Words.Sentence(help)) + (shape.Literal is null ? "" : $" {Words.Sentence(shape.Says)}."),
            IsNumber = shape.Literal is "number" or "integer",
        };
    }
}
