using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>The members of one JSON object that came from outside. Whatever is missing or of another kind reads as nothing; of a repeated name the last counts.</summary>
internal readonly struct PayloadFields
{
    private readonly Dictionary<string, JsonElement> _members;

    public PayloadFields(JsonElement element) => _members = element.ValueKind == JsonValueKind.Object ? GenericScopes.Members(element) : [];

    private PayloadFields(Dictionary<string, JsonElement> members) => _members = members;

    public IReadOnlyDictionary<string, JsonElement> All => _members;

    /// <summary>The first text or number under these names that is not blank, trimmed.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_members.TryGetValue(name, out var value) && GenericScopes.Words(value) is { } text)
            {
                return text.Trim();
            }
        }

        return null;
    }

    public PayloadFields Object(string name) => new(_members.GetValueOrDefault(name));

    public IEnumerable<JsonElement> List(string name) => _members.TryGetValue(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    /// <summary>The time under this name if it can be true; see <see cref="SenderTime.Plausible"/>.</summary>
    public DateTimeOffset? Time(string name, DateTimeOffset receivedAt, ref Warnings warnings) =>
        Text(name) is { } text ? SenderTime.Read(text).Plausible(name, receivedAt, ref warnings) : null;

    /// <summary>Without the members for which this holds.</summary>
    public PayloadFields Without(Func<JsonElement, bool> isNothing) => new(_members.Where(m => !isNothing(m.Value)).ToDictionary());

    /// <summary>Reads a body that is one JSON object.</summary>
    /// <param name="read">Is given the whole object too, for whatever has to guess.</param>
    public static Result<ParsedDelivery> Read(InboundRequest request, Func<PayloadFields, ReadOnlyMemory<byte>, string?, Result<ParsedDelivery>> read)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(new(document.RootElement), body, note)
                : GenericEvents.Read(body, request, note);
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e);
        }
    }
}
