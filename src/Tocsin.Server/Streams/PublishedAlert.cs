using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tocsin.Notify;

namespace Tocsin.Streams;

/// <summary>An alert as somebody published it: a JSON object whose values are texts, numbers, true or false, or objects.</summary>
/// <param name="Json">The object, compact and in ASCII.</param>
/// <param name="Message">Its message on one line; what there is in its place when it has none.</param>
internal sealed record PublishedAlert(byte[] Json, string Message)
{
    public const string Kind = "stream.alert";
    public const string DefaultGroup = "default";

    private const string SubjectPrefix = "stream/";
    private const int MaxDepth = 32;
    private const int MaxGroup = 100;
    private const int MaxMessage = 200;

    /// <summary>Subject of the log's lines, and so what subscribers of a group follow.</summary>
    public static string Subject(string group) => SubjectPrefix + group;

    /// <returns>The group that a line of the log was published to; null: it is no published alert.</returns>
    public static string? GroupOf(string kind, string subject) =>
        kind == Kind && subject.StartsWith(SubjectPrefix, StringComparison.Ordinal) ? subject[SubjectPrefix.Length..] : null;

    /// <returns>Null when the name can be a group's.</returns>
    public static Error? GroupFault(string group) =>
        group.Length <= MaxGroup && group.Trim().Length == group.Length && PlainText.OneLine(group, MaxGroup) == group
            ? null
            : Error.Invalid("group", $"A group's name has 1 to {MaxGroup} characters, none of them a control character, and no blanks around it.");

    /// <returns>The alert; or what is wrong, with the member at fault.</returns>
    public static Result<PublishedAlert> Read(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
        {
            body = body[3..];
        }

        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return Error.Invalid("", "The body is empty; send a JSON object.");
        }

        if (!Utf8.IsValid(body.Span))
        {
            return Error.Invalid("", "The body is not valid UTF-8.");
        }

        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            return Error.Invalid("", string.Create(
                CultureInfo.InvariantCulture, $"The body is not JSON, names a member twice, or is nested deeper than {MaxDepth} levels, at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."));
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for \ud800 without its other half.
            return Error.Invalid("", "A text has an escape that is half a character.");
        }
    }

    /// <summary>The data of the alert's line in the log: the alert, and when it came.</summary>
    public string Line(DateTimeOffset receivedAt) => Written(json =>
    {
        json.WritePropertyName("data");
        json.WriteRawValue(Json, skipInputValidation: true);
        json.WriteString("received_at", receivedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    });

    /// <summary>
    /// What a delivery of it looks like to the source that also routes it: metadata stands beside the message, so that a host is a label and a
    /// measurement is none.
    /// </summary>
    public string Delivery(string group)
    {
        using var document = JsonDocument.Parse(Json);
        var alert = document.RootElement;
        return Written(json =>
        {
            json.WriteStartObject("data");
            HashSet<string> names = new(StringComparer.Ordinal);
            foreach (var member in alert.EnumerateObject().Where(m => !IsMetadata(m)))
            {
                names.Add(member.Name);
                member.WriteTo(json);
            }

            foreach (var member in alert.EnumerateObject().Where(IsMetadata).SelectMany(m => m.Value.EnumerateObject()).Where(m => names.Add(m.Name)))
            {
                member.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteStartObject("labels");
            json.WriteString("group", group);
            json.WriteEndObject();
        });
    }

    private static bool IsMetadata(JsonProperty member) => member.NameEquals("metadata") && member.Value.ValueKind == JsonValueKind.Object;

    private static Result<PublishedAlert> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Error.Invalid("", "The body is JSON, but not an object.");
        }

        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind is JsonValueKind.Null or JsonValueKind.Array)
            {
                return Error.Invalid(member.Name, "A value is a text, a number, true or false, or an object; lists and null stand inside an object only.");
            }
        }

        if (root.TryGetProperty("level", out var level) && !(level.ValueKind == JsonValueKind.String && level.GetString() is "info" or "warn" or "error"))
        {
            return Error.Invalid("level", "The level is info, warn or error.");
        }

        return Of(root);
    }

    /// <summary>An object as it is, whatever its values are: what another program published already is not refused.</summary>
    /// <exception cref="InvalidOperationException">A text has an escape that is half a character.</exception>
    public static PublishedAlert Of(JsonElement alert)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            alert.WriteTo(writer);
        }

        return new(json.WrittenSpan.ToArray(), MessageOf(alert));
    }

    private static string MessageOf(JsonElement alert)
    {
        foreach (var name in (ReadOnlySpan<string>)["message", "title", "summary", "name"])
        {
            if (alert.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
                && PlainText.OneLine(value.ToString(), MaxMessage) is { Length: > 0 } text)
            {
                return text;
            }
        }

        return "An alert without a message";
    }

    private static string Written(Action<Utf8JsonWriter> members)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
