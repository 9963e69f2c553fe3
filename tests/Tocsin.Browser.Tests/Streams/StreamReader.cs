using System.Globalization;
using System.Text.Json;
using Tocsin.Sdk;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>One program that reads the live stream through a relay, and what it has read over all its lives.</summary>
internal abstract class StreamReader(string name, CuttingRelay relay) : IAsyncDisposable
{
    protected const string Query = "kind=stream.alert";

    private readonly Lock _lock = new();
    private readonly List<string> _seen = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;

    public string Name => name;

    public CuttingRelay Relay => relay;

    /// <summary>How often the program itself was killed and started anew.</summary>
    public int Kills { get; private set; }

    /// <summary>Every event that it handed over, in that order, as <see cref="Line"/> writes it.</summary>
    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _seen];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _seen.Count;
            }
        }
    }

    /// <summary>The last event that it handed over; a new life goes on from there.</summary>
    public long Last => Volatile.Read(ref _last);

    public async Task StartAsync(long last)
    {
        Volatile.Write(ref _last, last);
        await BeginAsync(last);
    }

    /// <summary>Kills it, wherever it is, and starts it anew.</summary>
    public async Task KillAsync()
    {
        await EndAsync();
        Kills++;
        await BeginAsync(Last);
    }

    /// <summary>Completes when it has read so far, or fails when it does not get there.</summary>
    public async Task ReachAsync(long seq, CancellationToken ct)
    {
        while (Last < seq)
        {
            await NewsAsync(() => Last >= seq, ct);
        }
    }

    /// <summary>Completes at the next event, or at once when what is waited for is already so.</summary>
    public Task NewsAsync(Func<bool> isSo, CancellationToken ct)
    {
        lock (_lock)
        {
            return isSo() ? Task.CompletedTask : _news.Task.WaitAsync(ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await CleanUpAsync();
    }

    /// <summary>An event in a form that does not depend on who read it.</summary>
    public static string Line(EventView e) => JsonSerializer.Serialize(e, WireJson.Default.EventView);

    protected abstract Task BeginAsync(long last);

    /// <summary>Nothing is handed over after it.</summary>
    protected abstract Task EndAsync();

    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    protected void Take(string id, string kind, string data)
    {
        var e = JsonSerializer.Deserialize(data, WireJson.Default.EventView) ?? throw new JsonException("An event without data.");
        Assert.Equal((e.Seq.ToString(CultureInfo.InvariantCulture), e.Kind), (id, kind));
        Take(e);
    }

    protected void Take(EventView e)
    {
        lock (_lock)
        {
            _seen.Add(Line(e));
            Volatile.Write(ref _last, e.Seq);
            _news.SetResult();
            _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
