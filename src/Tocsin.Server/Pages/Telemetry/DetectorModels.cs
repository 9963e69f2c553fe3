using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What watches logs and metrics, and what it last found.</summary>
/// <param name="Open">Findings that are not over, the worst first.</param>
/// <param name="Rules">The estate's detectors.</param>
/// <param name="MayConfigure">The reader may make and change them.</param>
public sealed record DetectorsModel(DetectorList Detectors, IReadOnlyList<FindingView> Open, IReadOnlyList<DetectorRuleLine> Rules, bool MayConfigure)
{
    /// <summary>The same detectors as they are in force.</summary>
    public IReadOnlyList<DetectorRule> Estate { get; init; } = [];
}

/// <summary>A detector of the estate.</summary>
/// <param name="Says">What it watches.</param>
/// <param name="File">Which file and line declares it; null: people edit it.</param>
public sealed record DetectorRuleLine(string Name, string Type, bool IsOn, string Says, string? File);

/// <summary>One detector: what it found, and what it would have found.</summary>
public sealed record DetectorModel(DetectorView Detector, DetectorForm Form)
{
    public const int PageSize = 30;

    public static readonly IReadOnlyList<string> Sensitivities = ["low", "normal", "high"];

    /// <summary>What is wrong with what was asked.</summary>
    public Error? Fault { get; init; }

    /// <summary>It finds nothing before the estate says what to look at.</summary>
    public bool NeedsRule { get; init; }

    public IReadOnlyList<DetectorRuleLine> Rules { get; init; } = [];

    /// <summary>The workspace's detectors as they are in force.</summary>
    public IReadOnlyList<DetectorRule> Estate { get; init; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<FindingView> History { get; init; } = [];

    public string? Older { get; init; }

    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>What it would have found; null: nobody asked.</summary>
    public DetectorOutlookModel? Outlook { get; init; }

    /// <summary>The reader may make and change detectors.</summary>
    public bool MayConfigure { get; init; }
}

/// <summary>What a preview is asked: which detector, of which service, with which settings, over how many days.</summary>
/// <param name="Service">Empty: all.</param>
/// <param name="Sensitivity">Empty: the usual one.</param>
/// <param name="Settings">Further keys of a detector of the estate, one <c>key: value</c> a line.</param>
/// <param name="Days">1 to 7.</param>
public sealed record DetectorForm(string Detector, string Service = "", string Sensitivity = "", string Settings = "", int Days = 1)
{
    public const string Path = "/detectors/history";

    public static readonly IReadOnlyList<int> Lengths = [1, 3, 7];

    /// <summary>The detector as the estate's file has it.</summary>
    public string Yaml => $"detectors:\n  - name: {(Service.Length > 0 ? Service : "all")}-{Detector}\n    type: {Detector}{Line("service", Service)}{Line("sensitivity", Sensitivity)}{string.Concat(Keys.Select(k => Line(k.Key, k.Value)))}";

    /// <summary>The settings, sensitivity among them; a line without a colon has no value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Keys =>
    [
        .. Settings.Split('\n').Select(l => l.Split(':', 2)).Select(p => new KeyValuePair<string, string>(p[0].Trim(), p.Length > 1 ? p[1].Trim() : "")).Where(p => p.Key.Length > 0).DistinctBy(p => p.Key),
    ];

    internal static DetectorForm Read(IQueryCollection query)
    {
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        return new(
            Typed("detector"), Typed("service"), Typed("sensitivity"), Typed("settings"),
            int.TryParse(Typed("days"), NumberStyles.None, CultureInfo.InvariantCulture, out var days) && Lengths.Contains(days) ? days : Lengths[0]);
    }

    private static string Line(string key, string value) => value.Length > 0 ? $"\n    {key}: {value}" : "";
}
