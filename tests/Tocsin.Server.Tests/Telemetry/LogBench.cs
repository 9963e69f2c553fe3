using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>The store of log lines on an engine, with a clock that stands still. Several nodes can share it.</summary>
internal sealed class LogBench : IAsyncDisposable
{
    private readonly Store _store;
    private readonly List<LogNode> _nodes = [];

    private LogBench(Store store) => _store = store;

    public VirtualClock Clock { get; } = new();

    public static async Task<(LogBench Bench, LogNode Node)> OpenAsync(Engine engine, TimeSpan? budget = null)
    {
        var bench = new LogBench(await engine.OpenAsync());
        var node = bench.Open(budget);
        await node.Intake.StartAsync(default);
        return (bench, node);
    }

    /// <summary>Another node on the same store.</summary>
    public async Task<LogNode> AddAsync()
    {
        var node = Open(budget: null);
        await node.Intake.StartAsync(default);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.Intake.StopAsync(default);
            node.Search.Dispose();
            node.Intake.Dispose();
            node.Merger.Dispose();
            node.TailPoll.Dispose();
        }

        await _store.DisposeAsync();
    }

    private LogNode Open(TimeSpan? budget)
    {
        var node = new LogNode(new(_store.Open(), isOwn: false), Clock, budget ?? TimeSpan.FromMinutes(5));
        _nodes.Add(node);
        return node;
    }
}

/// <summary>What one node has of the store of log lines.</summary>
internal sealed class LogNode
{
    public const long Workspace = 1;

    public LogNode(TelemetryDatabase telemetry, TimeProvider clock, TimeSpan budget)
    {
        Cut = new(telemetry.Database);
        Telemetry = new(Cut, isOwn: false);
        Templates = new(Telemetry);
        Rates = new(Telemetry);
        Room = new(Telemetry, () => FreeBytes, Options);
        Intake = new(new(Telemetry, Blocks, Rates, Templates), Tail, Room, clock, NullLogger<LogIntake>.Instance);
        Merger = new(Telemetry, Blocks, clock, NullLogger<LogMerger>.Instance);
        TailPoll = new(Telemetry, Blocks, Tail, clock, NullLogger<LogTailPoll>.Instance);
        Search = new(Telemetry, Blocks, Rates, clock) { Budget = budget, HistogramBudget = budget };
        Follow = new(Telemetry, Blocks, Tail, new Unhurried(clock));
    }

    /// <summary>Between this node and its store.</summary>
    public CutDatabase Cut { get; }

    public IOptions<TelemetryOptions> Options { get; } = Microsoft.Extensions.Options.Options.Create(new TelemetryOptions());

    public TelemetryRoom Room { get; }

    /// <summary>Of the disk.</summary>
    public long? FreeBytes { get; set; }

    public LogMerger Merger { get; }

    public LogTailPoll TailPoll { get; }

    public TelemetryDatabase Telemetry { get; }

    public LogBlockStore Blocks { get; } = new();

    public TemplateStore Templates { get; }

    public LogRates Rates { get; }

    public LogTail Tail { get; } = new();

    public LogIntake Intake { get; }

    public LogSearch Search { get; }

    public LogFollow Follow { get; }

    /// <summary>Begins to follow; what was stored before is given from <paramref name="after"/> on.</summary>
    public async Task<LogListener> FollowAsync(LogQuery query, string? after = null)
    {
        var items = Follow.FollowAsync(Workspace, query, TailPlace.Parse(after), default).GetAsyncEnumerator();
        var opening = items.MoveNextAsync().AsTask();
        await TailPoll.TurnAsync(default);
        Assert.True(await opening);
        return new(items);
    }

    /// <summary>Removes what is too old or too much.</summary>
    public Task KeepAsync(DateTimeOffset now) => new LogRetention(new(Telemetry, Blocks, Rates, Templates), Room, Options).RunAsync(now, default);

    public Task StoreAsync(params LogLine[] lines) => Intake.StoreAsync(Workspace, lines, default);

    /// <summary>Everything that a query finds, over as many pages as it takes.</summary>
    public async Task<List<FoundLine>> AllAsync(LogQuery query, int limit = 1_000)
    {
        List<FoundLine> all = [];
        string? after = null;
        do
        {
            var page = await Search.SearchAsync(Workspace, query, limit, after, default);
            all.AddRange(page.Lines);
            after = page.Next;
        }
        while (after is not null);
        return all;
    }

    public async Task<string[]> FindAsync(string text) => [.. (await AllAsync(Lines.Ever with { Text = text })).Select(f => f.Line.Message)];

    public Task<long> BlocksAsync(string where = "1 = 1") =>
        Telemetry.Database.ReadAsync(async session => await session.ScalarAsync($"SELECT COUNT(*) FROM log_block WHERE {where}") ?? 0, default);
}

/// <summary>The same clock, on which no wait ever ends.</summary>
internal sealed class Unhurried(TimeProvider clock) : TimeProvider, ITimer
{
    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => this;

    public bool Change(TimeSpan dueTime, TimeSpan period) => true;

    public void Dispose()
    {
        // There is nothing that it holds.
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Somebody who follows lines, and remembers from where to go on.</summary>
internal sealed class LogListener(IAsyncEnumerator<TailItem> items) : IAsyncDisposable
{
    private Task<bool>? _next;

    public string Place { get; private set; } = items.Current.Place.ToString();

    public List<TailItem> Missed { get; } = [];

    /// <summary>Whether something was heard that was not taken yet. Begins to listen.</summary>
    public bool Hears() => (_next ??= items.MoveNextAsync().AsTask()).IsCompleted;

    /// <summary>The next line.</summary>
    public async Task<FoundLine> NextAsync()
    {
        while (true)
        {
            Hears();
            Assert.True(await _next!);
            _next = null;
            var item = items.Current;
            Place = item.Place.ToString();
            if (item.Missed > 0 || item.IsAtLeast)
            {
                Missed.Add(item);
            }

            if (item.Line is { } line)
            {
                return line;
            }
        }
    }

    public async Task<string[]> NextAsync(int count)
    {
        var said = new string[count];
        for (var i = 0; i < count; i++)
        {
            said[i] = (await NextAsync()).Line.Message;
        }

        return said;
    }

    public async ValueTask DisposeAsync()
    {
        // An enumerator that is asked can't be left; its store goes with the test.
        if (_next is null or { IsCompleted: true })
        {
            await items.DisposeAsync();
        }
    }
}

/// <summary>A store whose writes can be cut off: all was done, and the commit does not come.</summary>
internal sealed class CutDatabase(Database whole) : Database
{
    private bool _isReading;

    public bool CutsOff { get; set; }

    /// <summary>After a read, before its answer is known; not after those that it does itself.</summary>
    public Func<Task>? AfterRead { get; set; }

    public override Dialect Dialect => whole.Dialect;

    public override string Description => whole.Description;

    public override Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct) => whole.WriteAsync(
        async tx =>
        {
            var result = await work(tx);
            return CutsOff ? throw new StoreUnavailableException("Cut off.") : result;
        },
        ct);

    public override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct)
    {
        var result = await whole.ReadAsync(work, ct);
        if (!_isReading && AfterRead is { } after)
        {
            _isReading = true;
            await after();
            _isReading = false;
        }

        return result;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Lines and queries for tests.</summary>
internal static class Lines
{
    public static LogQuery Ever { get; } = new() { From = VirtualClock.Start.AddDays(-400), To = VirtualClock.Start.AddDays(400) };

    public static LogLine At(double seconds, string message, LineLevel level = LineLevel.Info, string service = "shop") =>
        new(VirtualClock.Start.AddSeconds(seconds), level, message) { Service = service };

    /// <summary>Random lines with a seed: few words, so that searches find some and not all.</summary>
    public static LogLine[] Random(Random random, int count, double spreadSeconds)
    {
        string[] words = ["payment", "declined", "Timeout", "TimeoutException", "user_id", "checkout", "retry", "connection", "refused", "déjà", "顧客", "HTTPServer", "x86"];
        return
        [
            .. Enumerable.Range(0, count).Select(_ => new LogLine(
                VirtualClock.Start.AddMilliseconds(Math.Round(random.NextDouble() * spreadSeconds) * 1_000), (LineLevel)random.Next(5),
                string.Join(random.Next(4) == 0 ? "-" : " ", Enumerable.Range(0, random.Next(1, 6)).Select(_ => words[random.Next(words.Length)])))
            {
                Service = random.Next(3) switch { 0 => "shop", 1 => "bank", _ => "" },
                Source = random.Next(2) == 0 ? "a.log" : "",
                Environment = random.Next(4) == 0 ? "staging" : "production",
                TraceId = random.Next(5) == 0 ? $"{random.Next(8):x32}" : "",
                Attributes = random.Next(3) == 0 ? $$"""{"order":"o{{random.Next(20)}}"}""" : "",
            }),
        ];
    }
}
