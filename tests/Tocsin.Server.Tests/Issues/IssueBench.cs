using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Issues;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Routing;

namespace Tocsin.Tests.Issues;

/// <summary>One node with a fake GitHub, on virtual time: alarms come in, jobs run when the test says so.</summary>
internal sealed class IssueBench : IAsyncDisposable
{
    public const string Repository = "acme/alerts";

    private readonly EngineBench _engine;
    private readonly GitHubAccount _account;
    private readonly IssueGate _gate;

    private IssueBench(EngineBench engine, FakeGitHub gitHub, GitHubOptions options, TimeSpan timeout)
    {
        (_engine, GitHub, Settings) = (engine, gitHub, options);
        var outgoing = Options.Create(new OutgoingOptions { Timeout = timeout });
        var settings = Options.Create(options);
        _gate = new(settings, engine.Clock);
        _account = new(settings, _gate, new(outgoing, TimeProvider.System), outgoing, engine.Clock);
        Host = new GitHub(_account, settings, NullLogger<GitHub>.Instance);
        Notes = new(Parts.Issues, Parts.Incidents, Parts.Intake, Parts.Jobs, Parts.Log, settings, Options.Create(new AccountOptions()));
        Desk = new(engine.Database, Parts.Issues, Parts.IssueFlow, Notes, Parts.Incidents, new(), Parts.Jobs, Parts.Log, engine.Clock);
        Checker = new(Host, Notes);
    }

    public FakeGitHub GitHub { get; }

    public GitHubOptions Settings { get; }

    public IIssueHost Host { get; }

    public IssueNotes Notes { get; }

    public IssueDesk Desk { get; }

    public IssueChecker Checker { get; }

    public EngineBench Engine => _engine;

    public NodeParts Parts => _engine.Parts;

    public VirtualClock Clock => _engine.Clock;

    public IReadOnlyList<FakeIssue> Issues => GitHub.Issues(Repository);

    /// <summary>What the worker's database and host do besides their work.</summary>
    public Func<Database, Database> Wrap { get; set; } = database => database;

    public Func<IIssueHost, IIssueHost> WrapHost { get; set; } = host => host;

    public static async Task<IssueBench> OpenAsync(Engine engine, Func<Route, Route>? route = null, Action<GitHubOptions, FakeGitHub>? configure = null, TimeSpan? timeout = null)
    {
        route ??= root => root with { Issues = Repository };
        var bench = await EngineBench.OpenAsync(engine, new EstateBuilder().User("ana", "push").Policy("5m user:ana").Route(route));
        var gitHub = await FakeGitHub.StartAsync(bench.Clock, 0, default, Repository, "acme/other");
        var options = new GitHubOptions { BaseUrl = gitHub.Url.ToString(), Token = FakeGitHub.Token, Spacing = TimeSpan.Zero, WebhookSecret = FakeGitHub.HookSecret };
        configure?.Invoke(options, gitHub);
        return new(bench, gitHub, options, timeout ?? Patience.Limit);
    }

    public static CanonicalEvent Firing(double minute = 0, string title = "Queue is slow", int priority = 1) => new()
    {
        Source = "grafana",
        State = CanonicalState.Firing,
        Title = title,
        Priority = priority,
        OccurredAt = VirtualClock.Start.AddMinutes(minute),
        Teams = ["dev-infra"],
        AccountId = "7",
        AlarmId = title,
    };

    public static CanonicalEvent Resolved(double minute, string title = "Queue is slow") => Firing(minute, title) with { State = CanonicalState.Resolved };

    public static Signal SignalOf(CanonicalEvent e) => new()
    {
        DedupKey = e.Fingerprint,
        Status = e.State == CanonicalState.Firing ? SignalStatus.Firing : SignalStatus.Resolved,
        Title = e.Title,
        Severity = Severity.High,
        Labels = LabelSet.Of(("alertname", e.Title), ("team", e.Teams[0]), ("priority", $"P{e.Priority}")),
        Canonical = e,
    };

    public Task HearAsync(params CanonicalEvent[] events) => _engine.ReceiveAsync([.. events.Select(SignalOf)]);

    /// <summary>Hears events, and does all that is due.</summary>
    public async Task TakeAsync(params CanonicalEvent[] events)
    {
        await HearAsync(events);
        await WorkAsync();
    }

    /// <summary>Works all jobs that are due now. One that crashes keeps its lease, as after a kill.</summary>
    public async Task WorkAsync()
    {
        while (await _engine.WriteAsync(tx => Parts.Jobs.ClaimAsync(tx, "a", 100, 100, Clock.Now)) is { Count: > 0 } jobs)
        {
            foreach (var job in jobs.OrderBy(j => j.Id))
            {
                try
                {
                    await HandlerOf(job.Kind).RunAsync(job, default);
                }
                catch (Exception e) when (e is LeaseLostException or CrashException)
                {
                    // Somebody else has it now, or will have it when the lease is over.
                }
            }
        }
    }

    /// <summary>Works all jobs that are due now on several nodes at once.</summary>
    public async Task WorkAtOnceAsync(int nodes)
    {
        while (await _engine.WriteAsync(tx => Parts.Jobs.ClaimAsync(tx, "a", 100, 100, Clock.Now)) is { Count: > 0 } jobs)
        {
            await Task.WhenAll(jobs.GroupBy(job => job.Id % nodes).Select(async node =>
            {
                foreach (var job in node)
                {
                    await HandlerOf(job.Kind).RunAsync(job, default);
                }
            }));
        }
    }

    /// <summary>Lets time pass up to so many minutes since the start, working each job when it is due.</summary>
    public async Task PassUntilAsync(double minutes)
    {
        var end = VirtualClock.Start.AddMinutes(minutes);
        while (await _engine.ReadAsync(Parts.Jobs.NextReadyAsync) is { } next && next <= end)
        {
            Clock.AdvanceTo(next);
            await WorkAsync();
        }

        Clock.AdvanceTo(end);
    }

    public Task<List<IssueRow>> RowsAsync() => _engine.ReadAsync(session => Parts.Issues.ListAsync(session, 1, "all", null, long.MaxValue, 1000));

    public async Task<IssueRow> RowAsync() => Assert.Single(await RowsAsync());

    public async Task<IssueRecord> RecordAsync(string title = "Queue is slow") =>
        Assert.Single(await _engine.ReadAsync(session => Parts.Issues.RecordsAsync(session, 1, [Firing(0, title).Fingerprint]))).Record;

    /// <summary>As GitHub's webhook arrives at the endpoint, after its signature was checked.</summary>
    public async Task HookAsync(byte[] body, string delivery)
    {
        var news = GitHubHook.Read(body, delivery);
        Assert.True(news.Ok, news.Error?.Detail);
        await Desk.HearAsync(news.Value!, default);
    }

    /// <summary>How often something was asked of the fake: <c>POST /repos/acme/alerts/issues</c>.</summary>
    public int Calls(string call) => GitHub.Calls.Count(made => made == call);

    public async ValueTask DisposeAsync()
    {
        _account.Dispose();
        _gate.Dispose();
        await GitHub.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private IJobHandler HandlerOf(string kind)
    {
        var settings = Options.Create(Settings);
        var database = Wrap(_engine.Database);
        return kind switch
        {
            IssueFlow.JobKind => new IssueWorker(
                database, _engine.Estates, WrapHost(Host), Parts.Issues, Parts.Incidents, Parts.Jobs, Notes, new PublicLinks("https://tocsin.invalid", new byte[32]),
                new(new(), Parts.Meter, settings), settings, Clock, NullLogger<IssueWorker>.Instance),
            IssueLooker.JobKind => new IssueLooker(database, _engine.Estates, WrapHost(Host), Parts.Issues, Notes, Parts.Jobs, settings, Clock),
            _ => Parts.Handlers.Single(h => h.Kind == kind),
        };
    }
}

/// <summary>A host before whose creating of an issue a node is held up, once for each thing that happens meanwhile.</summary>
internal sealed class FrozenHost(IIssueHost host, Queue<Func<Task>> meanwhile) : IIssueHost
{
    public bool IsConfigured => host.IsConfigured;

    public (DateTimeOffset Until, string Why)? Rests => host.Rests;

    public HostLimit? Limit => host.Limit;

    public async Task<HostAnswer> CreateAsync(string repository, NewIssue issue, CancellationToken ct)
    {
        if (meanwhile.TryDequeue(out var happens))
        {
            await happens();
        }

        return await host.CreateAsync(repository, issue, ct);
    }

    public Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> FindAllAsync(string repository, string mark, DateTimeOffset since, CancellationToken ct) =>
        host.FindAllAsync(repository, mark, since, ct);

    public Task<HostAnswer> CloseDoubleAsync(string repository, long number, long kept, CancellationToken ct) => host.CloseDoubleAsync(repository, number, kept, ct);

    public Task<HostAnswer> ReadAsync(string repository, long number, CancellationToken ct) => host.ReadAsync(repository, number, ct);

    public Task<HostAnswer> CommentAsync(string repository, long number, string body, CancellationToken ct) => host.CommentAsync(repository, number, body, ct);

    public Task<HostAnswer> FindCommentAsync(string repository, long number, string mark, DateTimeOffset since, CancellationToken ct) => host.FindCommentAsync(repository, number, mark, since, ct);

    public Task<HostAnswer> SetOpenAsync(string repository, long number, bool open, CancellationToken ct) => host.SetOpenAsync(repository, number, open, ct);

    public Task<HostAnswer> LabelAsync(string repository, long number, IssueStep.Label label, IReadOnlyList<string> teams, CancellationToken ct) => host.LabelAsync(repository, number, label, teams, ct);

    public Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> ChangedAsync(string repository, DateTimeOffset since, CancellationToken ct) => host.ChangedAsync(repository, since, ct);

    public Task<IReadOnlyList<HostFinding>> CheckAsync(string? repository, CancellationToken ct) => host.CheckAsync(repository, ct);
}

/// <summary>The process is gone, here and now.</summary>
internal sealed class CrashException : Exception;

/// <summary>Counts the moments at which a process can die, and dies at one of them.</summary>
internal sealed class Mortality(int at)
{
    private int _moments;

    public bool Died { get; private set; }

    public void Moment()
    {
        if (_moments++ == at)
        {
            Died = true;
            throw new CrashException();
        }
    }
}

/// <summary>A store before and after each of whose writes the process can die.</summary>
internal sealed class MortalDatabase(Database whole, Mortality mortality) : Database
{
    public override Dialect Dialect => whole.Dialect;

    public override string Description => whole.Description;

    public override async Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct)
    {
        mortality.Moment();
        var result = await whole.WriteAsync(work, ct);
        mortality.Moment();
        return result;
    }

    public override Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct) => whole.ReadAsync(work, ct);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A host before and after each of whose calls the process can die.</summary>
internal sealed class MortalHost(IIssueHost host, Mortality mortality) : IIssueHost
{
    public bool IsConfigured => host.IsConfigured;

    public (DateTimeOffset Until, string Why)? Rests => host.Rests;

    public Task<HostAnswer> CreateAsync(string repository, NewIssue issue, CancellationToken ct) => Around(() => host.CreateAsync(repository, issue, ct));

    public HostLimit? Limit => host.Limit;

    public Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> FindAllAsync(string repository, string mark, DateTimeOffset since, CancellationToken ct) =>
        Around(() => host.FindAllAsync(repository, mark, since, ct));

    public Task<HostAnswer> CloseDoubleAsync(string repository, long number, long kept, CancellationToken ct) => Around(() => host.CloseDoubleAsync(repository, number, kept, ct));

    public Task<HostAnswer> ReadAsync(string repository, long number, CancellationToken ct) => Around(() => host.ReadAsync(repository, number, ct));

    public Task<HostAnswer> CommentAsync(string repository, long number, string body, CancellationToken ct) => Around(() => host.CommentAsync(repository, number, body, ct));

    public Task<HostAnswer> FindCommentAsync(string repository, long number, string mark, DateTimeOffset since, CancellationToken ct) =>
        Around(() => host.FindCommentAsync(repository, number, mark, since, ct));

    public Task<HostAnswer> SetOpenAsync(string repository, long number, bool open, CancellationToken ct) => Around(() => host.SetOpenAsync(repository, number, open, ct));

    public Task<HostAnswer> LabelAsync(string repository, long number, IssueStep.Label label, IReadOnlyList<string> teams, CancellationToken ct) =>
        Around(() => host.LabelAsync(repository, number, label, teams, ct));

    public Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> ChangedAsync(string repository, DateTimeOffset since, CancellationToken ct) => Around(() => host.ChangedAsync(repository, since, ct));

    public Task<IReadOnlyList<HostFinding>> CheckAsync(string? repository, CancellationToken ct) => host.CheckAsync(repository, ct);

    private async Task<T> Around<T>(Func<Task<T>> call)
    {
        mortality.Moment();
        var answer = await call();
        mortality.Moment();
        return answer;
    }
}
