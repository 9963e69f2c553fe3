using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// The members of one object, and of the objects that it wraps its news in: the one that has a title is looked at first, those around it after.
/// What has been taken is not found again.
/// </summary>
internal sealed class GenericScopes
{
    private const int Deepest = 8;

    private readonly List<Dictionary<string, JsonElement>> _scopes;
    private readonly HashSet<(int Scope, string Name)> _taken = [];

    public GenericScopes(JsonElement element)
    {
        List<Dictionary<string, JsonElement>> chain = [Members(element)];
        List<string> wrappers = [];
        while (chain.Count <= Deepest && !HasAny(chain[^1], GenericNames.Title) && Wrapped(chain[^1]) is { } inner)
        {
            wrappers.Add(inner.Name);
            chain.Add(Members(inner.Value));
        }

        // A wrapper that leads to nothing is a member like any other.
        while (chain.Count > 1 && !HasTitleOrId(chain[^1]))
        {
            chain.RemoveAt(chain.Count - 1);
        }

        chain.Reverse();
        _scopes = chain;
        for (var scope = 1; scope < chain.Count; scope++)
        {
            _taken.Add((scope, wrappers[chain.Count - 1 - scope]));
        }
    }

    /// <summary>The outermost object.</summary>
    public IReadOnlyDictionary<string, JsonElement> Top => _scopes[^1];

    public readonly record struct Hit(int Scope, string Name, JsonElement Value);

    /// <summary>The members of an object; of a repeated name the last.</summary>
    public static Dictionary<string, JsonElement> Members(JsonElement element)
    {
        // The document's own look-up would throw on a name with half a surrogate pair.
        var members = new Dictionary<string, JsonElement>();
        foreach (var member in element.EnumerateObject())
        {
            members[JsonText.NameOf(member)] = member.Value;
        }

        return members;
    }

    public static bool HasTitleOrId(Dictionary<string, JsonElement> members) =>
        HasAny(members, GenericNames.Title) || HasAny(members, GenericNames.Id);

    /// <summary>A text or number with something in it; null for anything else.</summary>
    public static string? Words(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number && JsonText.Of(value) is { } text && !string.IsNullOrWhiteSpace(text)
            ? text
            : null;

    /// <summary>What stands under these names, the first name of the first object first.</summary>
    public IEnumerable<Hit> Find(params string[] names)
    {
        for (var scope = 0; scope < _scopes.Count; scope++)
        {
            foreach (var name in names)
            {
                if (_scopes[scope].TryGetValue(name, out var value) && !_taken.Contains((scope, name)))
                {
                    yield return new(scope, name, value);
                }
            }
        }
    }

    public void Take(Hit hit) => _taken.Add((hit.Scope, hit.Name));

    /// <summary>The first text or number under these names, taken; null if there is none.</summary>
    public (string Name, string Text)? TakeWords(params string[] names)
    {
        foreach (var hit in Find(names))
        {
            if (Words(hit.Value) is { } text)
            {
                Take(hit);
                return (hit.Name, text);
            }
        }

        return null;
    }

    /// <summary>The first time under these names, taken, readable or not; null if none is set.</summary>
    public (string Name, SenderTime Time)? TakeTime(params string[] names)
    {
        foreach (var hit in Find(names))
        {
            if (Words(hit.Value) is { } text && SenderTime.Read(text) is { Kind: not SenderTimeKind.NotSet } time)
            {
                Take(hit);
                return (hit.Name, time);
            }
        }

        return null;
    }

    /// <summary>All that has not been taken.</summary>
    public IEnumerable<Hit> Rest() =>
        _scopes.SelectMany((members, scope) => members.Select(m => new Hit(scope, m.Key, m.Value))).Where(h => !_taken.Contains((h.Scope, h.Name)));

    private static (string Name, JsonElement Value)? Wrapped(Dictionary<string, JsonElement> members)
    {
        foreach (var name in GenericNames.Wrappers)
        {
            if (members.TryGetValue(name, out var inner) && inner.ValueKind == JsonValueKind.Object)
            {
                return (name, inner);
            }
        }

        return null;
    }

    private static bool HasAny(Dictionary<string, JsonElement> members, string[] names) =>
        names.Any(name => members.TryGetValue(name, out var value) && Words(value) is not null);
}
