using System.Globalization;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Sorts what a body of unknown origin holds into labels, annotations and links. Maps under the known names are taken as they are; of other
/// members short texts become labels, nested names joined by dots; long texts, times and measurements become annotations, web addresses links.
/// </summary>
internal sealed class GenericLabels
{
    private const int LongestLabel = 200;

    /// <summary>More than a canonical event keeps, so that what is left out is chosen there; few enough to bound the work.</summary>
    private const int Most = 256;
    private const int Deepest = 8;
    private const int MostImages = 16;

    private readonly Dictionary<string, string> _labels = [];
    private readonly Dictionary<string, string> _annotations = [];
    private List<Link>? _links;

    public LabelSet Labels => LabelSet.From(_labels);

    public LabelSet Annotations => LabelSet.From(_annotations);

    public IReadOnlyList<Link> Links => _links ?? [];

    /// <summary>The label or annotation of this name as one line; null if there is none.</summary>
    public string? Line(string label, string annotation) =>
        SignalLimits.Title(_annotations.GetValueOrDefault(annotation, "")) is { Length: > 0 } text ? text
        : SignalLimits.Title(_labels.GetValueOrDefault(label, "")) is { Length: > 0 } name ? name
        : null;

    public void TakeMaps(GenericScopes scopes)
    {
        foreach (var hit in scopes.Find("labels", "tags", "annotations"))
        {
            if (hit.Value.ValueKind == JsonValueKind.Object)
            {
                scopes.Take(hit);
                AddMap(hit.Value, hit.Name == "annotations" ? _annotations : _labels);
            }
            else if (hit.Name != "annotations" && hit.Value.ValueKind is JsonValueKind.Array or JsonValueKind.String)
            {
                scopes.Take(hit);
                AddTags(hit.Value);
            }
        }
    }

    /// <summary>Adds the members of an object as labels under their own names.</summary>
    public void AddLabels(JsonElement map) => AddMap(map, _labels);

    public void TakeLinks(GenericScopes scopes, Action<string> guessed)
    {
        foreach (var hit in scopes.Find("links"))
        {
            if (hit.Value.ValueKind == JsonValueKind.Object)
            {
                scopes.Take(hit);
                foreach (var (name, value) in GenericScopes.Members(hit.Value))
                {
                    HttpLink.Add(ref _links, GenericNames.LinkText(name), JsonText.Of(value));
                }
            }
            else if (hit.Value.ValueKind == JsonValueKind.Array)
            {
                scopes.Take(hit);
                foreach (var link in hit.Value.EnumerateArray())
                {
                    var members = link.ValueKind == JsonValueKind.Object ? GenericScopes.Members(link) : null;
                    HttpLink.Add(
                        ref _links,
                        SignalLimits.Title(Member(members, "text", "title", "name", "rel") ?? "Link"),
                        members is null ? JsonText.Of(link) : Member(members, "href", "url"));
                }
            }
        }

        if (scopes.TakeWords(GenericNames.Url) is { } url)
        {
            guessed(url.Name);
            HttpLink.Add(ref _links, "Source", url.Text);
        }
    }

    public static List<Image> TakeImages(GenericScopes scopes)
    {
        List<Image> images = [];
        foreach (var hit in scopes.Find("images").Where(h => h.Value.ValueKind == JsonValueKind.Array))
        {
            scopes.Take(hit);
            foreach (var image in hit.Value.EnumerateArray())
            {
                var members = image.ValueKind == JsonValueKind.Object ? GenericScopes.Members(image) : null;
                var src = members is null ? JsonText.Of(image) : Member(members, "src", "url");
                if (src is not null && images.Count < MostImages && HttpLink.IsHttps(src))
                {
                    var alt = Member(members, "alt");
                    var href = Member(members, "href");
                    images.Add(new(src, alt is null ? null : SignalLimits.Title(alt), href is not null && HttpLink.IsHttp(href) ? href : null));
                }
            }
        }

        return images;
    }

    public void TakeRest(GenericScopes scopes)
    {
        foreach (var (_, name, value) in scopes.Rest())
        {
            if (GenericNames.IsIgnored(name))
            {
                continue;
            }

            if (name == "teams" && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && GenericScopes.Words(value[0]) is { } team)
            {
                _labels.TryAdd("team", team);
            }

            Walk(name, name, value, 0, Place);
        }
    }

    private void AddMap(JsonElement map, Dictionary<string, string> into)
    {
        foreach (var (name, value) in GenericScopes.Members(map))
        {
            Walk(name, name, value, 0, (path, _, text) => into.TryAdd(path, text));
        }
    }

    /// <summary>Hands every leaf to <paramref name="place"/>; a list of plain values is one leaf, a list of objects none.</summary>
    private void Walk(string path, string name, JsonElement value, int depth, Action<string, string, string> place)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            if (depth < Deepest)
            {
                foreach (var (inner, member) in GenericScopes.Members(value))
                {
                    Walk($"{path}.{inner}", inner, member, depth + 1, place);
                }
            }

            return;
        }

        if (path.Length == 0 || _labels.Count + _annotations.Count >= Most)
        {
            return;
        }

        var text = value.ValueKind != JsonValueKind.Array ? JsonText.Of(value)
            : value.EnumerateArray().All(v => v.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
                ? string.Join(',', value.EnumerateArray().Select(JsonText.Of).Where(t => !string.IsNullOrWhiteSpace(t)))
            : null;
        if (!string.IsNullOrWhiteSpace(text))
        {
            place(path, name, text);
        }
    }

    private void Place(string path, string name, string value)
    {
        if (_labels.ContainsKey(path) || _annotations.ContainsKey(path))
        {
            return;
        }

        if (GenericNames.IsLink(name) && HttpLink.IsHttp(value))
        {
            HttpLink.Add(ref _links, GenericNames.LinkText(name), value);
        }
        else if (value.Length > LongestLabel || value.Contains('\n') || GenericNames.IsAnnotation(name) || HttpLink.IsHttp(value)
            || (IsNumber(value) && !(GenericNames.Identifies(name) && value.All(char.IsAsciiDigit))))
        {
            _annotations.Add(path, value);
        }
        else
        {
            _labels.Add(path, value);
        }
    }

    /// <summary>Tags as a list or a text of <c>name:value</c>, <c>name=value</c> or plain words, or as a list of name and value.</summary>
    private void AddTags(JsonElement tags)
    {
        List<string> plain = [];
        if (tags.ValueKind == JsonValueKind.String)
        {
            foreach (var tag in JsonText.Of(tags)!.Split((char[])[',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            {
                AddTag(tag, plain);
            }
        }
        else
        {
            foreach (var tag in tags.EnumerateArray())
            {
                if (tag.ValueKind == JsonValueKind.Object)
                {
                    var members = GenericScopes.Members(tag);
                    if (Member(members, "name", "key", "label") is { } name && Member(members, "value") is { } value)
                    {
                        _labels.TryAdd(name, value);
                    }
                }
                else if (GenericScopes.Words(tag) is { } text)
                {
                    AddTag(text.Trim(), plain);
                }
            }
        }

        if (plain.Count > 0)
        {
            _labels.TryAdd("tags", string.Join(',', plain));
        }
    }

    private void AddTag(string tag, List<string> plain)
    {
        var at = tag.AsSpan().IndexOfAny(':', '=');
        if (at > 0 && at < tag.Length - 1)
        {
            _labels.TryAdd(tag[..at].TrimEnd(), tag[(at + 1)..].TrimStart());
        }
        else
        {
            plain.Add(tag);
        }
    }

    private static string? Member(Dictionary<string, JsonElement>? members, params ReadOnlySpan<string> names)
    {
        if (members is not null)
        {
            foreach (var name in names)
            {
                if (members.TryGetValue(name, out var value) && JsonText.Of(value) is { Length: > 0 } text)
                {
                    return text;
                }
            }
        }

        return null;
    }

    private static bool IsNumber(string text) =>
        text is [(>= '0' and <= '9') or '-', ..] && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
