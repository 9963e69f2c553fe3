using Tocsin.Estate;

namespace Tocsin.Telemetry;

/// <summary>Reads a detector that stands in no estate, by the rules of those that do.</summary>
internal sealed class DetectorRuleReader(EstateProviders providers)
{
    private const string Name = "preview";

    /// <param name="settings">The further keys, as texts; null: none.</param>
    /// <returns>The rule, or the first thing that is wrong with it.</returns>
    public Result<DetectorRule> Read(string? type, string? service, IReadOnlyDictionary<string, string>? settings)
    {
        // JSON has nulls where the types say that there are none.
        if (type is null)
        {
            return Error.Invalid("type", "Say which detector, such as error-burst.");
        }

        if (settings?.FirstOrDefault(static s => s.Value is null) is { Key: { } empty })
        {
            return Error.Invalid("settings", $"'{Notify.PlainText.OneLine(empty, 40)}' is null: give it a text, or leave it out.");
        }

        static EstateEntry Entry(string key, string text) => new(key, Mark.None, new EstateScalar(text, Mark.None));
        EstateMap body = new(
            [
                Entry("name", Name), Entry("type", type), .. service is null ? Array.Empty<EstateEntry>() : [Entry("service", service)],
                .. (settings ?? new Dictionary<string, string>()).Where(s => s.Key is not ("name" or "type" or "service" or "enabled")).Select(s => Entry(s.Key, s.Value)),
            ],
            Mark.None);
        List<EstateFault> faults = [];
        var filled = new EstateChecker(new Dictionary<string, IReadOnlySet<string>>(), providers, lenient: false, faults, []).Check(body, EstateDetectorShapes.Detector, Name, EstateResolver.None);
        var rule = filled is null ? null : new EstateReader(providers, faults).ReadDetector(filled, Name);
        return faults.Count > 0 || rule is null ? Error.Invalid("settings", $"{faults[0].Text}.") : rule;
    }
}
