using System.Globalization;
using System.Text.Json;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Cli;

/// <summary>One line of the log on one line of the screen.</summary>
internal static class TailLine
{
    private const int Kind = 20;
    private const int Subject = 12;

    public static string Of(EventView e, Terminal terminal)
    {
        var group = PublishedAlert.GroupOf(e.Kind, e.Subject);
        var (kind, reason) = group is null ? (Words.Kind(e.Kind), e.Reason) : Published(e);
        return string.Join(
            "  ",
            terminal.Paint(new(At(e.At, terminal), Tone.Faint)),
            terminal.Paint(kind with { Text = kind.Text.PadRight(Kind) }),
            Plain.Line(group ?? e.Subject).PadRight(Subject),
            Plain.Line(reason)).TrimEnd();
    }

    /// <summary>On the reader's wall clock, with the date unless it is today.</summary>
    private static string At(DateTimeOffset at, Terminal terminal)
    {
        var zone = terminal.Time.LocalTimeZone;
        var (local, now) = (TimeZoneInfo.ConvertTime(at, zone), TimeZoneInfo.ConvertTime(terminal.Now, zone));
        return local.ToString(local.Date == now.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    /// <summary>The level and message of a published alert; senders may leave out both.</summary>
    private static (Cell Level, string Message) Published(EventView e)
    {
        var body = e.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty("data", out var sent) && sent.ValueKind == JsonValueKind.Object
            ? sent
            : default;
        return (Words.Level(Text(body, "level")), Text(body, "message") ?? e.Reason);
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
