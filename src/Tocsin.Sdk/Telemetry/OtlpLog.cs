using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Tocsin.Sdk.Telemetry;

/// <summary>Makes OTLP's record of a log entry, at once: what it is about may change later.</summary>
internal static class OtlpLog
{
    private const int AttributesField = 6;
    private const int MostAttributes = 128;

    [ThreadStatic]
    private static State? _state;

    /// <returns>Null, when the entry came out of another that is being made here: a value that logs when it is printed.</returns>
    public static byte[]? Write<TState>(
        DateTimeOffset now, LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter, IExternalScopeProvider? scopes)
    {
        var own = _state ??= new();
        if (own.IsBusy)
        {
            return null;
        }

        own.IsBusy = true;
        try
        {
            Fill(own, now, level, id, state, exception, formatter, scopes);
        }
        catch (Exception e) // a stranger's state, scope or exception may throw anything, and a log line must not end a program
        {
            Fill(own, now, level, id, $"An entry could not be read: {e.GetType().Name}", null, static (text, _) => text, null);
        }
        finally
        {
            own.IsBusy = false;
        }

        return own.Writer.Written.ToArray();
    }

    private static void Fill<TState>(
        State own, DateTimeOffset now, LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter, IExternalScopeProvider? scopes)
    {
        own.Begin();
        var nanoseconds = (ulong)(now - DateTimeOffset.UnixEpoch).Ticks * 100;
        own.Writer.Fixed64(1, nanoseconds);
        own.Writer.Fixed64(11, nanoseconds);
        own.Writer.Varint(2, Severity(level));
        own.Writer.Text(3, level.ToString());
        var body = own.Writer.Begin(5);
        own.Writer.Text(1, OtlpValues.Cut(Formatted(state, exception, formatter)));
        own.Writer.End(body);
        Attributes(own, id, state, exception, scopes);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            Span<byte> bytes = stackalloc byte[16];
            activity.TraceId.CopyTo(bytes);
            own.Writer.Bytes(9, bytes);
            activity.SpanId.CopyTo(bytes[..8]);
            own.Writer.Bytes(10, bytes[..8]);
            own.Writer.Fixed32(8, (uint)activity.ActivityTraceFlags);
        }
    }

    private static ulong Severity(LogLevel level) => level switch
    {
        LogLevel.Trace => 1,
        LogLevel.Debug => 5,
        LogLevel.Information => 9,
        LogLevel.Warning => 13,
        LogLevel.Error => 17,
        _ => 21,
    };

    private static string Formatted<TState>(TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            return formatter(state, exception);
        }
        catch (Exception e) // a stranger's formatter, or values that do not fit their message: the line is worth more than that
        {
            return $"{OtlpValues.TextOf(state is IEnumerable<KeyValuePair<string, object?>> pairs ? pairs.LastOrDefault().Value : state)} ({e.GetType().Name} while formatting)";
        }
    }

    private static void Attributes<TState>(State own, EventId id, TState state, Exception? exception, IExternalScopeProvider? scopes)
    {
        // What is said last about a name holds: the entry's own words before those of the scopes around it, inner before outer ones.
        scopes?.ForEachScope(static (scope, own) => own.AddScope(scope), own);
        if (own.Texts.Count > 0)
        {
            own.Set("scopes", own.Texts.ToArray());
        }

        own.AddPairs(state, isEntry: true);
        if (id.Id != 0)
        {
            own.Set("event.id", id.Id);
        }

        if (id.Name is { Length: > 0 } name)
        {
            own.Set("event.name", name);
        }

        if (exception is not null)
        {
            own.Set("exception.type", exception.GetType().FullName);
            own.Set("exception.message", exception.Message);
            own.Set("exception.stacktrace", OtlpValues.TextOf(exception));
        }

        foreach (var (key, value) in own.Pairs)
        {
            OtlpValues.Pair(own.Writer, AttributesField, key, value);
        }
    }

    private sealed class State
    {
        public ProtoWriter Writer { get; } = new();

        public OrderedDictionary<string, object?> Pairs { get; } = new(StringComparer.Ordinal);

        public List<string> Texts { get; } = [];

        public bool IsBusy { get; set; }

        public void Begin()
        {
            Writer.Clear();
            Pairs.Clear();
            Texts.Clear();
        }

        public void Set(string key, object? value)
        {
            if (Pairs.Count < MostAttributes || Pairs.ContainsKey(key))
            {
                Pairs[key] = value;
            }
        }

        public void AddScope(object? scope)
        {
            if (AddPairs(scope, isEntry: false))
            {
                return;
            }

            if (scope is not IEnumerable<KeyValuePair<string, string>> texts)
            {
                Texts.Add(OtlpValues.TextOf(scope));
                return;
            }

            foreach (var (key, value) in texts)
            {
                Set(key, value);
            }
        }

        public bool AddPairs(object? from, bool isEntry)
        {
            if (from is not IEnumerable<KeyValuePair<string, object?>> pairs)
            {
                return false;
            }

            foreach (var (key, value) in pairs)
            {
                if (key != "{OriginalFormat}")
                {
                    Set(key, value);
                }
                else if (isEntry)
                {
                    Set("log.template", value);
                }
            }

            return true;
        }
    }
}
