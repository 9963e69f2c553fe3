using System.Text.Json;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Pages;

/// <summary>The newest lines of the log that pass a filter.</summary>
public sealed record LiveModel
{
    /// <summary>So many lines are on the page at most, however long it stays open.</summary>
    public const int MostLines = 100;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<EventView> Items { get; init; } = [];

    public LiveForm Form { get; init; } = new();

    /// <summary>What is wrong with the filter.</summary>
    public string? Fault { get; init; }

    /// <summary>Older lines than this were not looked at; null: all that are kept were.</summary>
    public DateTimeOffset? SearchedBackTo { get; init; }
}

/// <summary>The filter as it was typed.</summary>
public sealed record LiveForm(string Kind = "", string Subject = "", string Group = "", string Level = "", string Match = "")
{
    public bool IsEmpty => Kind.Length + Subject.Length + Group.Length + Level.Length + Match.Length == 0;
}

/// <summary>An alert that was published to the stream, as far as its sender gave it the usual fields.</summary>
public sealed record LiveAlert(string Group, string? Level, string Message, IReadOnlyList<KeyValuePair<string, string>> Metadata)
{
    private const int MostFacts = 6;

    /// <summary>Null: this line is none.</summary>
    public static LiveAlert? Of(EventView e)
    {
        if (PublishedAlert.GroupOf(e.Kind, e.Subject) is not { } group)
        {
            return null;
        }

        var body = e.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty("data", out var sent) && sent.ValueKind == JsonValueKind.Object
            ? sent
            : default;
        List<KeyValuePair<string, string>> facts = [];
        if (body.ValueKind == JsonValueKind.Object)
        {
            Gather(body, facts);
        }

        return new(group, Text(body, "level"), Text(body, "message") ?? e.Reason, facts);
    }

    private static void Gather(JsonElement body, List<KeyValuePair<string, string>> facts)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Object)
            {
                Gather(field.Value, facts);
            }
            else if (facts.Count < MostFacts && field.Name is not ("message" or "level"))
            {
                facts.Add(new(field.Name, field.Value.ToString()));
            }
        }
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
