namespace Tocsin.Telemetry;

/// <summary>Records of OTLP as log lines.</summary>
internal sealed class OtlpLogs(DateTimeOffset now)
{
    private readonly NamePool _names = new();
    private readonly AttributeWriter _attributes = new();
    private readonly ReadBatch<LogLine> _batch = new();

    /// <returns>Null: there are more than a request may hold.</returns>
    /// <exception cref="OtlpFormatException">It is no such request.</exception>
    public ReadBatch<LogLine>? Read(ReadOnlySpan<byte> request) => OtlpResource.Each(request, _names, Add) ? _batch : null;

    private bool Add(ReadOnlySpan<byte> record, OtlpResource resource, string scope)
    {
        if (_batch.IsFull)
        {
            return false;
        }

        try
        {
            _batch.Entries.Add(Line(record, resource, scope));
        }
        catch (OtlpFormatException)
        {
            _attributes.Clear();
            _batch.Reject(_batch.Index, "", OtlpReader.BadEntry);
        }

        return true;
    }

    private LogLine Line(ReadOnlySpan<byte> record, OtlpResource resource, string scope)
    {
        var (time, observed, severity) = (0UL, 0UL, 0UL);
        var (word, message, name, file, trace, span) = ("", "", "", "", "", "");
        var exception = default(OtlpException);
        for (var reader = new ProtoReader(record); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    time = reader.Number();
                    break;
                case 2:
                    severity = reader.Number();
                    break;
                case 3:
                    word = _names.Of(reader.Bytes());
                    break;
                case 5:
                    message = OtlpValue.Text(reader.Bytes(), TelemetryLimits.Message);
                    break;
                case 6:
                    var key = OtlpValue.KeyValue(reader.Bytes(), _names, out var value);
                    if (!exception.Takes(key, value))
                    {
                        file = key is "log.file.path" || (key is "log.file.name" && file.Length == 0) ? OtlpValue.Text(value, TelemetryLimits.Name) : file;
                        OtlpValue.Write(key, value, _attributes);
                    }

                    break;
                case 9:
                    trace = OtlpReader.Id(reader.Bytes(), 16);
                    break;
                case 10:
                    span = OtlpReader.Id(reader.Bytes(), 8);
                    break;
                case 11:
                    observed = reader.Number();
                    break;
                case 12:
                    name = _names.Of(reader.Bytes());
                    break;
            }
        }

        exception.Write(_attributes);
        if (name.Length > 0)
        {
            _attributes.Text("event.name", name);
        }

        if (resource.Rest.Length > 0)
        {
            _attributes.Raw("resource", resource.Rest);
        }

        message = message.Length > 0 ? message : exception.IsSet ? exception.Title : name;
        return new(
            TelemetryTime.OfUnixNano(time == 0 ? observed : time, now),
            LevelOf(severity) ?? LineLevels.Find(word.AsSpan().TrimEnd("1234")) ?? LineLevels.InWords(message) ?? LineLevel.Info, message)
        {
            Service = resource.Service,
            Environment = resource.Environment,
            Source = scope.Length > 0 ? scope : file.Length > 0 ? file : resource.Host,
            TraceId = trace,
            SpanId = span,
            Attributes = _attributes.Take(),
        };
    }

    /// <summary>Severities come in fours: trace, debug, information, warning, error, fatal.</summary>
    private static LineLevel? LevelOf(ulong severity) => severity switch
    {
        0 or > 24 => null,
        <= 8 => LineLevel.Debug,
        <= 12 => LineLevel.Info,
        <= 16 => LineLevel.Warning,
        <= 20 => LineLevel.Error,
        _ => LineLevel.Critical,
    };
}

/// <summary>The exception of a record or of a span's event, kept as the clients of the reliability assistant send theirs.</summary>
internal struct OtlpException
{
    private string? _type;
    private string? _message;
    private string? _stack;

    public readonly bool IsSet => _type is not null || _message is not null || _stack is not null;

    /// <summary>On one line.</summary>
    public readonly string Title => (_type, _message) switch
    {
        (not null, { Length: > 0 }) => $"{_type}: {_message}",
        _ => _type ?? _message ?? "exception",
    };

    /// <returns>False: it is an attribute like any other.</returns>
    public bool Takes(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "exception.type":
                _type = OtlpValue.Text(value, TelemetryLimits.Name);
                return true;
            case "exception.message":
                _message = OtlpValue.Text(value, TelemetryLimits.Attributes / 4);
                return true;
            case "exception.stacktrace":
                _stack = OtlpValue.Text(value, TelemetryLimits.Attributes / 2);
                return true;
            default:
                return false;
        }
    }

    public readonly void Write(AttributeWriter attributes)
    {
        if (!IsSet || !attributes.OpenObject("exception"))
        {
            return;
        }

        Write("type", _type, attributes);
        Write("message", _message, attributes);
        Write("traceback", _stack, attributes);
        attributes.CloseObject();
    }

    private static void Write(string name, string? value, AttributeWriter attributes)
    {
        if (value is not null)
        {
            attributes.Text(name, value);
        }
    }
}
