using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// Reads <c>{"metrics": [{…}]}</c> and <c>{"snapshot": {…}}</c>, as the clients of the reliability assistant send them. A bad sample costs no other.
/// </summary>
public static class MetricBatchReader
{
    /// <summary>The fields of a snapshot; each becomes a sample of that name.</summary>
    private static readonly (string Name, string Unit)[] _snapshotFields = [("cpu_percent", "%"), ("memory_percent", "%"), ("latency_ms", "ms"), ("error_rate", ""), ("throughput", "")];

    /// <param name="body">Of any content.</param>
    /// <param name="now">The time of receipt, UTC.</param>
    /// <returns>The samples; an error whose code is one of <see cref="BatchFault"/> when the body as a whole is none.</returns>
    public static Result<ReadBatch<MetricSample>> Read(ReadOnlySpan<byte> body, DateTimeOffset now) => SenderJson.Read(body, json => ReadBody(json, now));

    /// <summary>Samples of what a snapshot holds; none when it is empty. A number that is none is left out and named.</summary>
    /// <param name="body">Of any content.</param>
    /// <param name="now">The time of receipt, UTC.</param>
    public static Result<ReadBatch<MetricSample>> ReadSnapshot(ReadOnlySpan<byte> body, DateTimeOffset now) => SenderJson.Read(body, json => ReadSnapshotBody(json, now));

    private static Result<ReadBatch<MetricSample>> ReadBody(ReadOnlySpan<byte> json, DateTimeOffset now)
    {
        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            SenderJson.ReadToEnd(ref reader);
            return BatchFault.Of(BatchFault.NotObject, "", "The body must be an object with a list 'metrics'.");
        }

        ReadBatch<MetricSample>? batch = null;
        Error? fault = null;
        var (names, tagSets, outer) = (new NamePool(), new TagPool(), "");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isMetrics, isService) = (reader.ValueTextEquals("metrics"u8), reader.ValueTextEquals("service"u8));
            reader.Read();
            if (isMetrics && reader.TokenType != JsonTokenType.StartArray)
            {
                fault = BatchFault.Of(BatchFault.NotList, "metrics", "'metrics' must be a list of samples.");
                reader.Skip();
            }
            else if (isMetrics)
            {
                (batch, fault) = (new(), null);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (batch.IsFull)
                    {
                        return BatchFault.TooManyEntries;
                    }

                    ReadSample(ref reader, json, batch, names, tagSets, now);
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
            return fault ?? BatchFault.Of(BatchFault.Missing, "metrics", "'metrics' is missing: send {\"metrics\": [{\"name\": …, \"value\": …}]}.");
        }

        Name(batch, outer);
        return batch;
    }

    private static void ReadSample(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ReadBatch<MetricSample> batch, NamePool names, TagPool tagSets, DateTimeOffset now)
    {
        var index = batch.Index;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            batch.Reject(index, "", "A sample must be an object.");
            return;
        }

        var (name, unit, service, at, tags) = ("", "", "", now, LabelSet.Empty);
        double? value = null;
        (string Field, string Fault)? bad = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldOf(reader.ValueSpan);
            reader.Read();
            var isNull = reader.TokenType == JsonTokenType.Null;
            switch (field)
            {
                case "name" when reader.TokenType == JsonTokenType.String:
                    name = NameOf(ref reader, names);
                    break;
                case "unit" when reader.TokenType == JsonTokenType.String:
                    unit = NameOf(ref reader, names);
                    break;
                case "service" when reader.TokenType == JsonTokenType.String:
                    service = NameOf(ref reader, names);
                    break;
                case "unit" or "service" when !isNull:
                    bad ??= (field, $"'{field}' must be text.");
                    break;
                case "value":
                    value = Number(ref reader);
                    break;
                case "timestamp" when !SenderJson.Time(ref reader, now, out at):
                    bad ??= ("timestamp", "'timestamp' is no time that can be read; send one such as 2026-01-05T09:00:00Z, or seconds since 1970.");
                    break;
                case "tags" when reader.TokenType == JsonTokenType.StartObject:
                    tags = Tags(ref reader, json, names, tagSets);
                    break;
                case "tags" when !isNull:
                    bad ??= ("tags", "'tags' must be an object.");
                    break;
            }

            reader.Skip();
        }

        bad ??= name.Length == 0 ? ("name", "'name' is missing, or is no text.") : value is null ? ("value", "'value' is missing, or is no finite number.") : null;
        if (bad is var (wrong, why))
        {
            batch.Reject(index, wrong, why);
            return;
        }

        // The assistant's own client has this unit for running totals, and for nothing else.
        batch.Entries.Add(new(name, at, value!.Value) { Unit = unit, Service = service, Tags = tags, Kind = unit == "count" ? MetricKind.Counter : MetricKind.Gauge });
    }

    /// <summary>The member that a name stands for; empty: none that is read.</summary>
    private static string FieldOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("name"u8) ? "name" : name.SequenceEqual("tags"u8) ? "tags" : name.SequenceEqual("unit"u8) ? "unit" : "",
        5 => name.SequenceEqual("value"u8) ? "value" : "",
        7 => name.SequenceEqual("service"u8) ? "service" : "",
        9 => name.SequenceEqual("timestamp"u8) ? "timestamp" : "",
        _ => "",
    };

    private static LabelSet Tags(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, NamePool names, TagPool tagSets)
    {
        var rest = json[(int)reader.TokenStartIndex..];
        if (tagSets.Find(rest) is { } known)
        {
            reader.Skip();
            return known;
        }

        var tags = ReadTags(ref reader, json, names);
        tagSets.Add(rest[..(int)(reader.BytesConsumed - (json.Length - rest.Length))], tags);
        return tags;
    }

    private static LabelSet ReadTags(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, NamePool names)
    {
        List<KeyValuePair<string, string>> tags = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader, names);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isText = reader.TokenType == JsonTokenType.String;
            var text = isText ? NameOf(ref reader, names) : "";
            var isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            text = isText || isNull ? text : FittedText.Name(Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]));
            if (tags.Count < TelemetryLimits.Tags && name.Length > 0)
            {
                tags.Add(new(name, text));
            }
        }

        return tags.Count == 0 ? LabelSet.Empty : LabelSet.FromOwned([.. tags]);
    }

    private static Result<ReadBatch<MetricSample>> ReadSnapshotBody(ReadOnlySpan<byte> json, DateTimeOffset now)
    {
        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            SenderJson.ReadToEnd(ref reader);
            return BatchFault.Of(BatchFault.NotObject, "", "The body must be an object with an object 'snapshot'.");
        }

        ReadBatch<MetricSample>? batch = null;
        Error? fault = null;
        var outer = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isSnapshot, isService) = (reader.ValueTextEquals("snapshot"u8), reader.ValueTextEquals("service"u8));
            reader.Read();
            if (isSnapshot && reader.TokenType != JsonTokenType.StartObject)
            {
                fault = BatchFault.Of(BatchFault.NotObject, "snapshot", "'snapshot' must be an object.");
            }
            else if (isSnapshot)
            {
                (batch, fault) = (new(), null);
                fault = ReadSnapshot(ref reader, batch, now);
            }

            outer = isService && reader.TokenType == JsonTokenType.String ? FittedText.Name(SenderJson.Text(ref reader, TelemetryLimits.Name)) : outer;
            reader.Skip();
        }

        SenderJson.ReadToEnd(ref reader);
        if (fault is not null || batch is null)
        {
            return fault ?? BatchFault.Of(BatchFault.Missing, "snapshot", "'snapshot' is missing: send {\"snapshot\": {\"cpu_percent\": …}}.");
        }

        Name(batch, outer);
        return batch;
    }

    private static Error? ReadSnapshot(ref Utf8JsonReader reader, ReadBatch<MetricSample> batch, DateTimeOffset now)
    {
        var at = now;
        Error? fault = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = SenderJson.Text(ref reader, TelemetryLimits.Name);
            reader.Read();
            if (field == "timestamp")
            {
                fault = SenderJson.Time(ref reader, now, out at) ? fault : BatchFault.Of(BatchFault.WrongValue, "timestamp", "'timestamp' is no time that can be read; send one such as 2026-01-05T09:00:00Z, or seconds since 1970.");
            }
            else if (field == "custom_metrics" && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = FittedText.Name(SenderJson.Text(ref reader, TelemetryLimits.Name));
                    reader.Read();
                    Add(ref reader, batch, $"custom_metrics.{name}", name, "", now);
                    reader.Skip();
                }
            }
            else if (Array.Find(_snapshotFields, f => f.Name == field) is { Name: not null } known)
            {
                Add(ref reader, batch, field, field, known.Unit, now);
            }

            reader.Skip();
        }

        for (var i = 0; i < batch.Entries.Count; i++)
        {
            batch.Entries[i] = batch.Entries[i] with { At = at };
        }

        return fault;
    }

    private static void Add(ref Utf8JsonReader reader, ReadBatch<MetricSample> batch, string field, string name, string unit, DateTimeOffset now)
    {
        if (reader.TokenType == JsonTokenType.Null || batch.IsFull)
        {
            return;
        }

        if (name.Length > 0 && Number(ref reader) is { } value)
        {
            batch.Entries.Add(new(name, now, value) { Unit = unit });
        }
        else
        {
            batch.Reject(0, field, $"'{field}' must be a finite number, with a name.");
        }
    }

    private static void Name(ReadBatch<MetricSample> batch, string service)
    {
        for (var i = 0; service.Length > 0 && i < batch.Entries.Count; i++)
        {
            batch.Entries[i] = batch.Entries[i].Service.Length == 0 ? batch.Entries[i] with { Service = service } : batch.Entries[i];
        }
    }

    /// <returns>Null: it is no finite number. A number as text is one, and so are true and false, as they were to the assistant.</returns>
    private static double? Number(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number or JsonTokenType.String when Utf8Parser.TryParse(reader.ValueSpan, out double value, out var used) && used == reader.ValueSpan.Length && double.IsFinite(value) => value,
        JsonTokenType.True => 1,
        JsonTokenType.False => 0,
        _ => null,
    };

    private static string NameOf(ref Utf8JsonReader reader, NamePool names) =>
        reader.ValueIsEscaped ? FittedText.Name(SenderJson.Text(ref reader, TelemetryLimits.Message)) : names.Of(reader.ValueSpan);
}
