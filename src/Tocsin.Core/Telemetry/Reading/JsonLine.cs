using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// A line that is a JSON object: what programs log so, in the names of the usual libraries (logrus, zap, Pino, Bunyan, Winston, structlog,
/// python-json-logger, Serilog, .NET, Elastic, Google Cloud), and the wrapping that Docker puts around each line.
/// </summary>
internal static class JsonLine
{
    private const int LongestField = 32;

    private enum Role
    {
        None,
        Time,
        Level,
        Message,
        Source,
        Service,
        Environment,
        Trace,
        Span,

        /// <summary>A line of text as a container or shipper took it.</summary>
        Wrapped,
    }

    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry, int nested)
    {
        text = text.Trim();
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            Utf8.FromUtf16(text, rented, out _, out var length);
            return TryRead(rented.AsSpan(0, length), text, lines, ref entry, nested);
        }
        catch (JsonException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>An object as it stands in a body.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static bool TryRead(ReadOnlySpan<byte> json, ReadOnlySpan<char> whole, RawLines lines, ref RawEntry entry, int nested)
    {
        var found = new Found();
        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (role, rank) = RoleOf(ref reader);
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject && role is Role.Service or Role.Wrapped or Role.Trace or Role.Span)
            {
                Inner(ref reader, json, role, found);
            }
            else
            {
                found.Take(role, rank, ref reader, json);
            }
        }

        SenderJson.ReadToEnd(ref reader);
        if (found.Text(Role.Wrapped) is { } wrapped && found.Text(Role.Message) is null)
        {
            lines.ParseNested(wrapped, ref entry, nested);
        }
        else
        {
            entry.Message = found.Text(Role.Message) is { } message ? message : whole.IsEmpty ? Encoding.UTF8.GetString(json) : whole;
        }

        entry.At = Time(found.Text(Role.Time), lines.Now) ?? entry.At;
        entry.Level = Level(found) ?? entry.Level;
        entry.Source = found.Text(Role.Source) ?? entry.Source;
        entry.Service = found.Text(Role.Service) ?? entry.Service;
        entry.Environment = found.Text(Role.Environment) ?? entry.Environment;
        entry.TraceId = found.Text(Role.Trace) ?? entry.TraceId;
        entry.SpanId = found.Text(Role.Span) ?? entry.SpanId;
        lines.Attributes.Clear();
        entry.Attributes = lines.Attributes.Fit(json);
        return true;
    }

    /// <summary>Elastic's names may be nested: <c>{"log": {"level": …, "logger": …}, "service": {"name": …}, "trace": {"id": …}}</c>.</summary>
    private static void Inner(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, Role outer, Found found)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var role = outer switch
            {
                Role.Service when reader.ValueTextEquals("name"u8) => Role.Service,
                Role.Service when reader.ValueTextEquals("environment"u8) => Role.Environment,
                Role.Trace when reader.ValueTextEquals("id"u8) => Role.Trace,
                Role.Span when reader.ValueTextEquals("id"u8) => Role.Span,
                Role.Wrapped when reader.ValueTextEquals("level"u8) => Role.Level,
                Role.Wrapped when reader.ValueTextEquals("logger"u8) => Role.Source,
                _ => Role.None,
            };
            reader.Read();
            found.Take(role, 0, ref reader, json);
        }
    }

    private static LineLevel? Level(Found found) => found.Text(Role.Level) switch
    {
        null => null,
        { } text when long.TryParse(text, out var number) => LineLevels.OfNumber(number),

        // What a level is called by nobody else is no worse than information.
        { } text => LineLevels.Find(text) ?? LineLevel.Info,
    };

    private static DateTimeOffset? Time(string? text, DateTimeOffset now) =>
        text is null ? null
        : SenderTime.Read(text) is { Kind: SenderTimeKind.Set } time ? time.At
        : LeadingTime.TryRead(text, now, out var at, out _) ? at : null;

    /// <summary>What a member is, in any case, and how sure that is: the lowest rank wins.</summary>
    private static (Role Role, int Rank) RoleOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > LongestField || reader.ValueIsEscaped)
        {
            return default;
        }

        Span<char> name = stackalloc char[LongestField];
        if (Ascii.ToUtf16(reader.ValueSpan, name, out var length) != OperationStatus.Done)
        {
            return default;
        }

        Span<char> lower = stackalloc char[LongestField];
        ((ReadOnlySpan<char>)name[..length]).ToLowerInvariant(lower);
        return (ReadOnlySpan<char>)lower[..length] switch
        {
            "timestamp" => (Role.Time, 0),
            "time" => (Role.Time, 1),
            "@timestamp" => (Role.Time, 2),
            "ts" or "@t" or "date" or "datetime" or "asctime" or "eventtime" => (Role.Time, 3),
            "level" => (Role.Level, 0),
            "severity" => (Role.Level, 1),
            "lvl" or "@l" or "loglevel" or "levelname" or "log.level" or "severity_text" or "severitytext" => (Role.Level, 2),
            "message" => (Role.Message, 0),
            "msg" => (Role.Message, 1),
            "@m" or "renderedmessage" or "short_message" => (Role.Message, 2),
            "@mt" or "event" or "text" or "body" => (Role.Message, 3),
            "log" => (Role.Wrapped, 0),
            "source" => (Role.Source, 0),
            "logger" => (Role.Source, 1),
            "log.logger" or "logger_name" or "loggername" or "category" or "sourcecontext" or "@logger" => (Role.Source, 2),
            "name" or "caller" => (Role.Source, 3),
            "service" => (Role.Service, 0),
            "app" => (Role.Service, 1),
            "service.name" or "service_name" or "servicename" or "application" or "app_name" => (Role.Service, 2),
            "environment" or "env" or "service.environment" or "deployment.environment" => (Role.Environment, 0),
            "trace_id" => (Role.Trace, 0),
            "traceid" or "trace.id" or "trace" or "@tr" or "dd.trace_id" => (Role.Trace, 1),
            "span_id" or "spanid" or "span.id" or "span" or "@sp" or "dd.span_id" => (Role.Span, 0),
            _ => default,
        };
    }

    /// <summary>The best value of each role that was met so far.</summary>
    private sealed class Found
    {
        private readonly (string? Text, int Rank)[] _best = new (string?, int)[(int)Role.Wrapped + 1];

        public string? Text(Role role) => _best[(int)role].Text;

        public void Take(Role role, int rank, ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
        {
            var (text, best) = _best[(int)role];
            if (role == Role.None || reader.TokenType == JsonTokenType.Null || (text is not null && best <= rank))
            {
                reader.Skip();
                return;
            }

            if (reader.TokenType == JsonTokenType.String)
            {
                _best[(int)role] = (SenderJson.Text(ref reader, TelemetryLimits.Message), rank);
                return;
            }

            var start = (int)reader.TokenStartIndex;
            var isPlain = reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);
            reader.Skip();
            if (isPlain || role == Role.Message)
            {
                var value = json[start..(int)reader.BytesConsumed];
                _best[(int)role] = (Encoding.UTF8.GetString(value.Length <= TelemetryLimits.Message ? value : value[..TelemetryLimits.Message]), rank);
            }
        }
    }
}
