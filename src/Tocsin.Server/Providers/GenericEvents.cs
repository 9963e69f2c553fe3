using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>A body of unknown origin as events: one object, a list, or an object around a list.</summary>
internal static class GenericEvents
{
    /// <param name="body">As <see cref="PayloadBytes.Clean"/> made it.</param>
    /// <param name="note">What the caller has to say; what was guessed is added.</param>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    public static Result<ParsedDelivery> Read(ReadOnlyMemory<byte> body, InboundRequest request, string? note)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
        var root = document.RootElement;
        switch (root.ValueKind)
        {
            case JsonValueKind.Array:
                return ReadList(root, "", request, note);
            case JsonValueKind.Object when ListIn(root) is { } list:
                return ReadList(list.Value, list.Name, request, note);
            case JsonValueKind.Object:
                var guess = new GenericGuess();
                var signal = GenericEvent.Read(root, request, guess);
                return signal.Ok ? new ParsedDelivery([signal.Value], [], PayloadBytes.Notes(note, guess.Note)) : signal.Error;
            default:
                return Error.Invalid("body", "The body is JSON, but neither an object nor a list of objects; send at least a title or an id.");
        }
    }

    private static ParsedDelivery ReadList(JsonElement list, string name, InboundRequest request, string? note)
    {
        List<Signal> signals = [];
        var rejected = new Rejections();
        GenericGuess? first = null;
        var i = 0;
        foreach (var element in list.EnumerateArray())
        {
            var guess = new GenericGuess();
            var signal = element.ValueKind == JsonValueKind.Object
                ? GenericEvent.Read(element, request, guess)
                : Error.Invalid("body", "An event must be a JSON object.");
            if (signal.Ok)
            {
                signals.Add(signal.Value);
                first ??= guess;
            }
            else
            {
                rejected.Add(name, i, signal.Error.Detail);
            }

            i++;
        }

        return new(signals, rejected.All, PayloadBytes.Notes(note, first?.Note));
    }

    /// <summary>The list that an object is wrapped around: it has no title or id of its own, and objects in a list under one of the usual names.</summary>
    private static (string Name, JsonElement Value)? ListIn(JsonElement root)
    {
        var members = GenericScopes.Members(root);
        foreach (var name in GenericNames.Lists)
        {
            if (members.TryGetValue(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
                && list[0].ValueKind == JsonValueKind.Object
                && (name == "alerts" || !GenericScopes.HasTitleOrId(members)))
            {
                return (name, list);
            }
        }

        return null;
    }
}

/// <summary>What was found under names that are not Tocsin's own, for the source's page.</summary>
internal sealed class GenericGuess
{
    private readonly List<string> _found = [];

    public string? Note => _found.Count == 0 ? null : $"Read by guessing: {string.Join(", ", _found)}.";

    /// <param name="names">The list in which <paramref name="name"/> was found; its first is Tocsin's own.</param>
    public void Found(string what, string name, string[] names)
    {
        if (name != names[0])
        {
            _found.Add($"{what} from {name}");
        }
    }
}
