using System.Globalization;
using System.Text.Json;

namespace Tocsin.Identity;

/// <summary>Reads the file in which an alert server keeps its users and the hashes of their keys, <c>auth.json</c>.</summary>
internal static class AlertServerKeyFile
{
    public const string Name = "auth.json";

    /// <returns>All keys; or an error that names the first place that cannot be read, and then nothing is to be taken of the file.</returns>
    public static Result<IReadOnlyList<AlertServerKeyRow>> Read(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var document = JsonDocument.Parse(file);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            return Error.Invalid(Name, $"It is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
    }

    private static Result<IReadOnlyList<AlertServerKeyRow>> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("users", out var users) || Members(users) is not { } each)
        {
            return Error.Invalid(Name, "It has no table \"users\"; is it the auth.json of an alert server?");
        }

        List<AlertServerKeyRow> keys = [];
        foreach (var (number, user) in each)
        {
            if (Text(user, "username") is not { Length: > 0 } name || !user.TryGetProperty("api_keys", out var list) || Members(list) is not { } theirs)
            {
                return Error.Invalid($"users.{number}", "It has no \"username\" or no \"api_keys\".");
            }

            foreach (var (index, key) in theirs)
            {
                if (ReadKey(name, key) is not { } read)
                {
                    return Error.Invalid($"users.{number}.api_keys.{index}", "It has no \"id\", no \"salt\", or no \"hash\" of 64 hexadecimal digits.");
                }

                keys.Add(read);
            }
        }

        return keys;
    }

    private static AlertServerKeyRow? ReadKey(string user, JsonElement key)
    {
        var hash = new byte[AlertServerKey.HashBytes];
        return Text(key, "id") is { Length: > 0 } id && Text(key, "salt") is { Length: > 0 } salt && Text(key, "hash") is { Length: 2 * AlertServerKey.HashBytes } hex
            && Convert.FromHexString(hex, hash, out _, out var written) == System.Buffers.OperationStatus.Done && written == hash.Length
            ? new(id, user, salt, hash, CreatedAt(key))
            : null;
    }

    /// <summary>It was written without a zone; which one it was nobody knows, and UTC is the likeliest in a container.</summary>
    private static DateTimeOffset? CreatedAt(JsonElement key) =>
        DateTimeOffset.TryParse(Text(key, "created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A table's rows have numbers for names; a list's have none.</summary>
    private static IEnumerable<(string Name, JsonElement Value)>? Members(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(member => (member.Name, member.Value)),
        JsonValueKind.Array => element.EnumerateArray().Select((value, i) => (i.ToString(CultureInfo.InvariantCulture), value)),
        _ => null,
    };
}
