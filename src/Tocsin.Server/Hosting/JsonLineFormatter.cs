using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tocsin.Hosting;

/// <summary>
/// The log of the process for machines, one JSON object a line: <c>timestamp</c>, <c>level</c>, <c>category</c>, <c>eventId</c>, <c>message</c>, <c>exception</c>,
/// and each value that the message has under its own name, such as <c>fingerprint</c> or <c>correlationId</c>. All but ASCII is escaped.
/// </summary>
/// <param name="clock">Its wall clock, by which other logs go too.</param>
internal sealed class JsonLineFormatter(SteadyClock clock) : ConsoleFormatter(FormatterName)
{
    /// <summary>Not the name of the framework's own, which is registered before this one and would be taken.</summary>
    public const string FormatterName = "json-line";

    /// <summary>Under which the framework hands over the text without its values.</summary>
    private const string Template = "{OriginalFormat}";

    private static readonly HashSet<string> _own = ["timestamp", "level", "category", "eventId", "message", "exception"];

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("timestamp"u8, clock.WallNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level"u8, LevelOf(logEntry.LogLevel));
            json.WriteString("category"u8, logEntry.Category);
            json.WriteNumber("eventId"u8, logEntry.EventId.Id);
            json.WriteString("message"u8, logEntry.Formatter(logEntry.State, logEntry.Exception));
            if (logEntry.Exception is { } exception)
            {
                json.WriteString("exception"u8, exception.ToString());
            }

            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                Write(json, values);
            }

            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(bytes.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        HashSet<string> written = new(_own, StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            // No line has a name twice: readers disagree about which one counts.
            if (name != Template && JsonNamingPolicy.CamelCase.ConvertName(name) is var wire && written.Add(wire))
            {
                json.WritePropertyName(wire);
                Write(json, value);
            }
        }
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool yes:
                json.WriteBooleanValue(yes);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset at:
                json.WriteStringValue(at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
                break;
            case IEnumerable<string> texts:
                json.WriteStartArray();
                foreach (var text in texts)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };
}

internal static class LogFormats
{
    /// <summary>The framework's own setting counts first, for whoever has it already; JSON is written as ours either way.</summary>
    public static string FormatterOf(IConfiguration configuration) => configuration["Logging:Console:FormatterName"] switch
    {
        { Length: > 0 } named when named != "json" => named,
        "json" => JsonLineFormatter.FormatterName,
        _ => configuration["Server:LogFormat"] == "json" ? JsonLineFormatter.FormatterName : LineFormatter.FormatterName,
    };
}
