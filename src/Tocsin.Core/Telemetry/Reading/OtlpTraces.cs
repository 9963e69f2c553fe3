namespace Tocsin.Telemetry;

/// <summary>Spans of OTLP.</summary>
internal sealed class OtlpTraces(DateTimeOffset now)
{
    /// <summary>Events of a span that are kept besides its exception.</summary>
    private const int MostEvents = 16;

    private const int MostLinks = 16;

    private static readonly string[] _kinds = ["internal", "internal", "server", "client", "producer", "consumer"];

    private readonly NamePool _names = new();
    private readonly AttributeWriter _attributes = new();
    private readonly ReadBatch<TraceSpan> _batch = new();

    /// <returns>Null: there are more than a request may hold.</returns>
    /// <exception cref="OtlpFormatException">It is no such request.</exception>
    public ReadBatch<TraceSpan>? Read(ReadOnlySpan<byte> request) => OtlpResource.Each(request, _names, Add) ? _batch : null;

    private bool Add(ReadOnlySpan<byte> bytes, OtlpResource resource, string scope)
    {
        if (_batch.IsFull)
        {
            return false;
        }

        try
        {
            var span = Span(bytes, resource, scope);
            if (span.TraceId.Length > 0 && span.SpanId.Length > 0)
            {
                _batch.Entries.Add(span);
                return true;
            }

            _batch.Reject(_batch.Index, span.TraceId.Length == 0 ? "traceId" : "spanId", "A span needs a trace id of 16 bytes and a span id of 8, not all zero.");
        }
        catch (OtlpFormatException)
        {
            _attributes.Clear();
            _batch.Reject(_batch.Index, "", OtlpReader.BadEntry);
        }

        return true;
    }

    private TraceSpan Span(ReadOnlySpan<byte> bytes, OtlpResource resource, string scope)
    {
        var (trace, id, parent, name, status) = ("", "", "", "", "");
        var (start, end, kind, code, events, links) = (0UL, 0UL, 0UL, 0UL, 0, 0);
        var exception = default(OtlpException);
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    trace = OtlpReader.Id(reader.Bytes(), 16);
                    break;
                case 2:
                    id = OtlpReader.Id(reader.Bytes(), 8);
                    break;
                case 4:
                    parent = OtlpReader.Id(reader.Bytes(), 8);
                    break;
                case 5:
                    name = _names.Of(reader.Bytes());
                    break;
                case 6:
                    kind = reader.Number();
                    break;
                case 7:
                    start = reader.Number();
                    break;
                case 8:
                    end = reader.Number();
                    break;
                case 9:
                    OtlpValue.Write(OtlpValue.KeyValue(reader.Bytes(), _names, out var value), value, _attributes);
                    break;
                case 11:
                    exception = Event(reader.Bytes(), events++, exception);
                    break;
                case 13:
                    Link(reader.Bytes(), links++);
                    break;
                case 15:
                    (code, status) = Status(reader.Bytes());
                    break;
            }
        }

        exception.Write(_attributes);
        if (scope.Length > 0)
        {
            _attributes.Text("scope", scope);
        }

        if (resource.Environment.Length > 0)
        {
            _attributes.Text("environment", resource.Environment);
        }

        if (resource.Rest.Length > 0)
        {
            _attributes.Raw("resource", resource.Rest);
        }

        return new(trace, id, name, TelemetryTime.OfUnixNano(start, now), TimeSpan.FromTicks(end > start ? (long)Math.Min((end - start) / 100, long.MaxValue / 2) : 0))
        {
            ParentId = parent,
            Service = resource.Service,
            Kind = _kinds[kind < (ulong)_kinds.Length ? (int)kind : 0],
            Failed = code == 2,
            StatusText = status,
            Attributes = _attributes.Take(),
        };
    }

    /// <summary>Notes an event; of several exceptions the last one is the span's.</summary>
    private OtlpException Event(ReadOnlySpan<byte> bytes, int index, OtlpException before)
    {
        var (name, at) = ("", 0UL);
        var exception = default(OtlpException);
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    at = reader.Number();
                    break;
                case 2:
                    name = _names.Of(reader.Bytes());
                    break;
                case 3:
                    exception.Takes(OtlpValue.KeyValue(reader.Bytes(), _names, out var value), value);
                    break;
            }
        }

        if (exception.IsSet)
        {
            return exception;
        }

        if (index < MostEvents && _attributes.OpenObject($"event.{index}"))
        {
            _attributes.Text("name", name);
            _attributes.Text("at", $"{TelemetryTime.OfUnixNano(at, now).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}");
            for (var reader = new ProtoReader(bytes); reader.Next();)
            {
                if (reader.Field == 3)
                {
                    OtlpValue.Write(OtlpValue.KeyValue(reader.Bytes(), _names, out var value), value, _attributes);
                }
            }

            _attributes.CloseObject();
        }

        return before;
    }

    /// <summary>Notes another span that this one has to do with.</summary>
    private void Link(ReadOnlySpan<byte> bytes, int index)
    {
        var (trace, span) = ("", "");
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    trace = OtlpReader.Id(reader.Bytes(), 16);
                    break;
                case 2:
                    span = OtlpReader.Id(reader.Bytes(), 8);
                    break;
            }
        }

        if (trace.Length > 0 && index < MostLinks && _attributes.OpenObject($"link.{index}"))
        {
            _attributes.Text("trace_id", trace);
            _attributes.Text("span_id", span);
            for (var reader = new ProtoReader(bytes); reader.Next();)
            {
                if (reader.Field == 4)
                {
                    OtlpValue.Write(OtlpValue.KeyValue(reader.Bytes(), _names, out var value), value, _attributes);
                }
            }

            _attributes.CloseObject();
        }
    }

    private static (ulong Code, string Text) Status(ReadOnlySpan<byte> bytes)
    {
        var (code, text) = (0UL, "");
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 2:
                    text = OtlpValue.Fit(reader.Bytes(), TelemetryLimits.Attributes / 4);
                    break;
                case 3:
                    code = reader.Number();
                    break;
            }
        }

        return (code, text);
    }
}
