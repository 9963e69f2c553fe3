using System.Globalization;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Streams;

/// <summary>One line of the log as it is stored: its data stays bytes, since most who get it only pass it on.</summary>
/// <param name="at">Unix microseconds.</param>
/// <param name="data">A JSON text; null: none.</param>
internal sealed class LogRow(long seq, long at, string kind, string subject, string actor, string reason, byte[]? data)
{
    private const int MostDepth = 4;

    private LabelSet? _labels;

    public long Seq => seq;

    public long At => at;

    public string Kind => kind;

    public string Subject => subject;

    public string Actor => actor;

    public string Reason => reason;

    public byte[]? Data => data;

    /// <summary>The group of a published alert; null for all other events.</summary>
    public string? Group { get; } = PublishedAlert.GroupOf(kind, subject);

    /// <summary>The level of a published alert; null when it has none, and for all other events.</summary>
    public string? Level => Group is not null && Labels["level"] is { Length: > 0 } level ? level : null;

    /// <summary>
    /// What matchers read: of a published alert the values of its body, those in <c>metadata</c> and <c>labels</c> under their own names (deeper
    /// ones with dots), and <c>group</c>; of other events the same of their data. Where a name stands twice, the outer one counts.
    /// </summary>
    public LabelSet Labels => _labels ??= ReadLabels();

    private LabelSet ReadLabels()
    {
        Dictionary<string, string> values = [];
        if (Group is { } group)
        {
            values["group"] = group;
        }

        if (data is not null)
        {
            using var document = JsonDocument.Parse(data);
            var body = document.RootElement;
            if (Group is not null && body.ValueKind == JsonValueKind.Object && body.TryGetProperty("data", out var published))
            {
                body = published;
            }

            Add(values, body, "", 0);
            foreach (var inner in (string[])["metadata", "labels"])
            {
                if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty(inner, out var nested))
                {
                    Add(values, nested, "", 0);
                }
            }
        }

        return LabelSet.From(values);
    }

    private static void Add(Dictionary<string, string> values, JsonElement from, string prefix, int depth)
    {
        if (from.ValueKind != JsonValueKind.Object || depth > MostDepth)
        {
            return;
        }

        foreach (var property in from.EnumerateObject())
        {
            var name = prefix + property.Name;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.String:
                    values.TryAdd(name, property.Value.GetString()!);
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    values.TryAdd(name, property.Value.GetRawText().ToLower(CultureInfo.InvariantCulture));
                    break;
                case JsonValueKind.Object:
                    Add(values, property.Value, $"{name}.", depth + 1);
                    break;
            }
        }
    }
}
