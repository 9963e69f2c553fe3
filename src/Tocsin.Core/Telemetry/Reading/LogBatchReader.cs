using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>Reads <c>{"logs": [{…}]}</c>, as the clients of the reliability assistant send it. A bad entry costs no other.</summary>
public static class LogBatchReader
{
    private const string Levels = "must be debug, info, warning, error or critical, in any case, or a usual other name of one.";

    /// <param name="body">Of any content.</param>
    /// <param name="now">The time of receipt, UTC.</param>
    /// <returns>The entries; an error whose code is one of <see cref="BatchFault"/> when the body as a whole is none.</returns>
    public static Result<ReadBatch<LogLine>> Read(ReadOnlySpan<byte> body, DateTimeOffset now) => SenderJson.Read(body, json => ReadBody(json, now));

    private static Result<ReadBatch<LogLine>> ReadBody(ReadOnlySpan<byte> json, DateTimeOffset now)
    {
        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            SenderJson.ReadToEnd(ref reader);
            return BatchFault.Of(BatchFault.NotObject, "", "The body must be an object with a list 'logs'.");
        }

        ReadBatch<LogLine>? batch = null;
        Error? fault = null;
        var (entries, outer) = (new LogEntries(now), "");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isLogs, isService) = (reader.ValueTextEquals("logs"u8), reader.ValueTextEquals("service"u8));
            reader.Read();
            if (isLogs && reader.TokenType != JsonTokenType.StartArray)
            {
                fault = BatchFault.Of(BatchFault.NotList, "logs", "'logs' must be a list of entries.");
                reader.Skip();
            }
            else if (isLogs)
            {
                (batch, fault) = (new(), null);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (batch.IsFull)
                    {
                        return BatchFault.TooManyEntries;
                    }

                    entries.Read(ref reader, json, batch);
                }
            }
            else
            {
                outer = isService && reader.TokenType == JsonTokenType.String ? FittedText.Name(SenderJson.Text(ref reader, TelemetryLimits.Name)) : outer;
                reader.Skip();
            }
        }

        SenderJson.ReadToEnd(ref reader);
        if (fault is not null || batch is null)
        {
            return fault ?? BatchFault.Of(BatchFault.Missing, "logs", "'logs' is missing: send {\"logs\": [{\"message\": …}]}.");
        }

        for (var i = 0; outer.Length > 0 && i < batch.Entries.Count; i++)
        {
            batch.Entries[i] = batch.Entries[i].Service.Length == 0 ? batch.Entries[i] with { Service = outer } : batch.Entries[i];
        }

        return batch;
    }

    /// <summary>Reads one entry after the other, with what they have in common kept.</summary>
    private sealed class LogEntries(DateTimeOffset now)
    {
        private readonly NamePool _names = new();
        private readonly AttributeWriter _attributes = new();

        public void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ReadBatch<LogLine> batch)
        {
            var index = batch.Index;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                batch.Reject(index, "", "An entry must be an object.");
                return;
            }

            string? message = null;
            var (at, level) = (now, LineLevel.Info);
            var (source, service, trace, span, environment, attributes) = ("", "", "", "", "", "");
            (string Field, string Fault)? bad = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                switch (FieldOf(ref reader))
                {
                    case Field.Message:
                        reader.Read();
                        message = reader.TokenType == JsonTokenType.String ? SenderJson.Text(ref reader, TelemetryLimits.Message) : null;
                        break;
                    case Field.Level:
                        reader.Read();
                        if (reader.TokenType == JsonTokenType.String && LevelOf(ref reader) is { } known)
                        {
                            level = known;
                        }
                        else if (reader.TokenType != JsonTokenType.Null)
                        {
                            bad ??= ("level", $"'level' {Levels}");
                        }

                        break;
                    case Field.Timestamp:
                        reader.Read();
                        if (!SenderJson.Time(ref reader, now, out at))
                        {
                            bad ??= ("timestamp", "'timestamp' is no time that can be read; send one such as 2026-01-05T09:00:00Z, or seconds since 1970.");
                        }

                        break;
                    case Field.Source:
                        Name(ref reader, "source", ref source, ref bad);
                        break;
                    case Field.Service:
                        Name(ref reader, "service", ref service, ref bad);
                        break;
                    case Field.Trace:
                        Name(ref reader, "trace_id", ref trace, ref bad);
                        break;
                    case Field.Span:
                        Name(ref reader, "span_id", ref span, ref bad);
                        break;
                    case Field.Metadata:
                        reader.Read();
                        if (reader.TokenType == JsonTokenType.StartObject)
                        {
                            attributes = Metadata(ref reader, json, ref environment, ref service);
                        }
                        else if (reader.TokenType != JsonTokenType.Null)
                        {
                            bad ??= ("metadata", "'metadata' must be an object.");
                        }

                        break;
                    default:
                        reader.Read();
                        break;
                }

                reader.Skip();
            }

            if (message is null || bad is not null)
            {
                var (field, fault) = bad ?? ("message", "'message' is missing, or is no text.");
                batch.Reject(index, field, fault);
                return;
            }

            batch.Entries.Add(new(at, level, message) { Source = source, Service = service, TraceId = trace, SpanId = span, Environment = environment, Attributes = attributes });
        }

        /// <summary>Keeps an object of attributes, and looks into it for what else says where the line is from.</summary>
        private string Metadata(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ref string environment, ref string service)
        {
            var start = (int)reader.TokenStartIndex;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isEnvironment, isService) = (reader.ValueTextEquals("environment"u8), service.Length == 0 && reader.ValueTextEquals("service"u8));
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && (isEnvironment || isService))
                {
                    ref var place = ref isEnvironment ? ref environment : ref service;
                    place = NameOf(ref reader);
                }

                reader.Skip();
            }

            return _attributes.Fit(json[start..(int)reader.BytesConsumed]);
        }

        private void Name(ref Utf8JsonReader reader, string field, ref string place, ref (string, string)? bad)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                place = NameOf(ref reader);
            }
            else if (reader.TokenType != JsonTokenType.Null)
            {
                bad ??= (field, $"'{field}' must be text.");
            }
        }

        private string NameOf(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? FittedText.Name(SenderJson.Text(ref reader, TelemetryLimits.Message)) : _names.Of(reader.ValueSpan);

        private static LineLevel? LevelOf(ref Utf8JsonReader reader) =>
            reader.ValueIsEscaped ? LineLevels.Find(SenderJson.Text(ref reader, TelemetryLimits.Name)) : LineLevels.Find(reader.ValueSpan);
    }

    private enum Field
    {
        Other,
        Message,
        Level,
        Timestamp,
        Source,
        Service,
        Trace,
        Span,
        Metadata,
    }

    private static Field FieldOf(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? Field.Other : reader.ValueSpan switch
    {
        var name when name.SequenceEqual("message"u8) => Field.Message,
        var name when name.SequenceEqual("level"u8) => Field.Level,
        var name when name.SequenceEqual("timestamp"u8) => Field.Timestamp,
        var name when name.SequenceEqual("service"u8) => Field.Service,
        var name when name.SequenceEqual("metadata"u8) => Field.Metadata,
        var name when name.SequenceEqual("source"u8) => Field.Source,
        var name when name.SequenceEqual("trace_id"u8) => Field.Trace,
        var name when name.SequenceEqual("span_id"u8) => Field.Span,
        _ => Field.Other,
    };
}
