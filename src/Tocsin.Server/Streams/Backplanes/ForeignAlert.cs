using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tocsin.Streams.Backplanes;

/// <summary>What another program published on the channel of a group.</summary>
/// <param name="Key">Stands for the group and every byte of the message: two equal messages have equal keys.</param>
/// <param name="ReceivedAt">When it was published, as it says; else when it was heard.</param>
internal sealed record ForeignAlert(string Group, string Key, PublishedAlert Alert, DateTimeOffset ReceivedAt)
{
    /// <summary>The member by which an installation knows its own messages again.</summary>
    private const string Publisher = "publisher";

    private const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 33;

    /// <param name="own">The publisher whose messages are not foreign.</param>
    /// <param name="now">When it was heard; taken where the message says no time that can be.</param>
    /// <returns>The alert; or why it is none; or neither, when it is this installation's own.</returns>
    public static (ForeignAlert? Alert, string? Fault) Read(string group, byte[] text, string own, DateTimeOffset now)
    {
        if (text.Length > MaxBytes)
        {
            return (null, $"it has {text.Length} bytes, more than {MaxBytes}");
        }

        if (group.Length == 0 || PublishedAlert.GroupFault(group) is not null)
        {
            return (null, "that can be no group's name");
        }

        try
        {
            using var document = JsonDocument.Parse(text, new() { MaxDepth = MaxDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
            {
                return (null, "it is no object with an object 'data'");
            }

            if (Text(root, Publisher) == own)
            {
                return (null, null);
            }

            var at = Text(root, "timestamp") is { } time
                && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var said) && said <= now ? said : now;
            return (new(group, KeyOf(group, text), PublishedAlert.Of(data), at), null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter is for texts with half a surrogate pair.
            return (null, $"it is no JSON: {e.Message}");
        }
    }

    /// <summary>A line of the log as other programs know it; null: it holds no alert.</summary>
    public static byte[]? Write(string lineData, string own)
    {
        using var line = JsonDocument.Parse(lineData);
        if (!line.RootElement.TryGetProperty("data", out var data) || Text(line.RootElement, "received_at") is not { } receivedAt)
        {
            return null;
        }

        var at = DateTimeOffset.Parse(receivedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        return Json(writer =>
        {
            writer.WritePropertyName("data");
            data.WriteTo(writer);
            // As it is: the writer would escape the plus.
            writer.WritePropertyName("timestamp");
            writer.WriteRawValue(at.ToString("'\"'yyyy-MM-ddTHH:mm:ss.ffffffzzz'\"'", CultureInfo.InvariantCulture));
            writer.WriteString(Publisher, own);
        });
    }

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string KeyOf(string group, byte[] text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(group));
        hash.AppendData([0]);
        hash.AppendData(text);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
