using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>What one connection to <c>/api/v1/stream</c> brings.</summary>
/// <param name="Event">A line of the log.</param>
/// <param name="Oldest">Of a reset: the oldest sequence number that is left.</param>
/// <param name="Seq">The place to go on from, once this is read.</param>
/// <param name="Retry">How long the server asks to wait before the next connection.</param>
/// <param name="IsOpening">The server began to answer; nothing else is set.</param>
internal readonly record struct StreamItem(
    EventView? Event = null, long? Oldest = null, long? Seq = null, TimeSpan? Retry = null, bool IsOpening = false)
{
    /// <exception cref="JsonException">It is not an event of Tocsin.</exception>
    public static StreamItem Parse(string type, ReadOnlySpan<byte> data) => type switch
    {
        "heartbeat" => default,
        "reset" => new(Oldest: OldestIn(data)),
        _ => new(Event: JsonSerializer.Deserialize(data, WireJson.Default.EventView)),
    };

    private static long? OldestIn(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        using var json = JsonDocument.ParseValue(ref reader);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("oldest", out var oldest) && oldest.TryGetInt64(out var seq)
            ? seq
            : throw new JsonException("A reset names the oldest sequence number that is left.");
    }
}
