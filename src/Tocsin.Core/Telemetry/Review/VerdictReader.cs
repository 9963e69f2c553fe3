using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// Reads a model's answer: the JSON object of the contract wherever it stands in the text and however deep its parts go; without one, the prose.
/// Nothing that a model says makes this throw.
/// </summary>
public static partial class VerdictReader
{
    /// <summary>Longer answers are not looked at beyond this.</summary>
    private const int MostCharacters = 64 * 1024;

    private const int MostParts = 10;
    private const int MostBlocks = 50;
    private const int DeepestWrap = 3;

    private const string Marker = "anomaly_detected";

    private static readonly JsonDocumentOptions _lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 64 };

    public static VerdictReading Read(string answer)
    {
        var text = answer.Length > MostCharacters ? answer[..MostCharacters] : answer;
        foreach (var candidate in Candidates(text))
        {
            if (TryParse(candidate) is { } verdict)
            {
                return new(VerdictKind.Read, verdict);
            }
        }

        // JSON that is cut off or is something else is not prose: its names would be read as trouble.
        return text.Contains($"\"{Marker}\"", StringComparison.Ordinal) || text.TrimStart() is ['{' or '[', ..] ? new(VerdictKind.Unusable, null) : ProseVerdict.Read(text);
    }

    private static IEnumerable<string> Candidates(string text)
    {
        yield return text.Trim().TrimStart('\uFEFF');
        foreach (Match block in Fence().Matches(text).Take(MostBlocks))
        {
            yield return block.Groups["body"].Value;
        }

        var from = 0;
        for (var blocks = 0; blocks < MostBlocks && from < text.Length && text.IndexOf('{', from) is >= 0 and var open; blocks++)
        {
            var end = EndOf(text, open);
            if (end > open)
            {
                yield return text[open..end];
            }

            from = end > open ? end : open + 1;
        }
    }

    /// <summary>Behind the brace that closes the one at a place; 0: it is not closed. Braces in texts do not count.</summary>
    private static int EndOf(string text, int open)
    {
        var (depth, quoted) = (0, false);
        for (var i = open; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when quoted:
                    i++;
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case '{' when !quoted:
                    depth++;
                    break;
                case '}' when !quoted && --depth == 0:
                    return i + 1;
            }
        }

        return 0;
    }

    private static ModelVerdict? TryParse(string candidate)
    {
        if (candidate is not ['{', ..] && candidate.TrimStart() is not ['{', ..])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(WithoutHalves(candidate), _lenient);
            return Contract(document.RootElement, 0) is { } contract ? Of(contract) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Escapes such as <c>\ud83d</c> without their other half are JSON, but no text can be read of them: they become U+FFFD.</summary>
    private static string WithoutHalves(string json)
    {
        StringBuilder? whole = null;
        for (var at = json.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 1 < json.Length;)
        {
            var length = 2;
            if (IsSurrogate(json, at, out var isHigh))
            {
                var isPair = isHigh && IsSurrogate(json, at + 6, out var isNextHigh) && !isNextHigh;
                length = isPair ? 12 : 6;
                if (!isPair)
                {
                    whole ??= new(json);
                    whole[at + 2] = whole[at + 3] = whole[at + 4] = 'f';
                    whole[at + 5] = 'd';
                }
            }

            at = at + length < json.Length ? json.IndexOf('\\', at + length) : -1;
        }

        return whole?.ToString() ?? json;
    }

    private static bool IsSurrogate(string json, int at, out bool isHigh)
    {
        isHigh = false;
        if (at + 6 > json.Length || json[at] != '\\' || json[at + 1] != 'u'
            || !ushort.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
        {
            return false;
        }

        isHigh = char.IsHighSurrogate((char)unit);
        return char.IsSurrogate((char)unit);
    }

    /// <summary>The object that has the contract's first member: this one, or one that it wraps.</summary>
    private static JsonElement? Contract(JsonElement element, int depth)
    {
        if (element.ValueKind != JsonValueKind.Object || depth > DeepestWrap)
        {
            return null;
        }

        if (element.TryGetProperty(Marker, out var marker))
        {
            return IsAnomaly(marker) is null ? null : element;
        }

        foreach (var member in element.EnumerateObject())
        {
            if (Contract(member.Value, depth + 1) is { } inner)
            {
                return inner;
            }
        }

        return null;
    }

    private static ModelVerdict Of(JsonElement contract)
    {
        if (IsAnomaly(contract.GetProperty(Marker)) is not true)
        {
            return new() { IsAnomaly = false };
        }

        var summary = ModelText.Block(Text(contract, "summary"));
        return new()
        {
            IsAnomaly = true,
            Severity = SeverityWords.Read(Text(contract, "severity")) is var severity and not Severity.Unset ? severity : Severity.Warning,
            Title = ModelText.Line(Text(contract, "title"), 200) is { Length: > 0 } title ? title : "Issue detected",
            RootCause = ModelText.Block(Text(contract, "root_cause")) is { Length: > 0 } cause ? cause : "Unknown",
            Factors = [.. Parts(contract, "contributing_factors").Where(f => f.ValueKind == JsonValueKind.String).Select(f => ModelText.Line(f.GetString()!, 500)).Where(f => f.Length > 0)],
            Actions = [.. Parts(contract, "recommended_actions").Select(Action).OfType<ModelAction>()],
            Summary = summary.Length > 0 ? summary : ModelText.Cut(ModelText.Block(contract.GetRawText()), 500),
        };
    }

    private static ModelAction? Action(JsonElement action) => action.ValueKind switch
    {
        JsonValueKind.Object when Name(Text(action, "action")) is { Length: > 0 } name =>
            new(name, ModelText.Line(Text(action, "service"), 100), ModelText.Line(Text(action, "reason"), 500)),
        JsonValueKind.String when ModelText.Line(action.GetString()!, 500) is { Length: > 0 } reason => new("other", "", reason),
        _ => null,
    };

    /// <summary>Only what can be a name: whatever else stands there is no action.</summary>
    private static string Name(string text) => text.Trim().ToLowerInvariant().Replace(' ', '_').Replace('-', '_') is var name && ActionName().IsMatch(name) ? name : "";

    private static IEnumerable<JsonElement> Parts(JsonElement contract, string name) =>
        contract.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Take(MostParts) : [];

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static bool? IsAnomaly(JsonElement marker) => marker.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when bool.TryParse(marker.GetString(), out var said) => said,
        _ => null,
    };

    [GeneratedRegex(@"```[a-zA-Z]*[ \t]*\r?\n(?<body>[\s\S]*?)```", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Fence();

    [GeneratedRegex("^[a-z][a-z0-9_]{0,63}$", RegexOptions.NonBacktracking)]
    private static partial Regex ActionName();
}
