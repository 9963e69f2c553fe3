using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Notify;

namespace Tocsin.Tests;

/// <summary>
/// One node on a fresh store with a workspace 1, whose jobs run one after another when the test says so: stories on virtual time,
/// on either engine.
/// </summary>
internal sealed class EngineBench : IAsyncDisposable
{
    private readonly Store _store;

    private EngineBench(Store store, EstateSnapshot estate, PagingOptions? paging)
    {
        _store = store;
        Database = store.Open();
        Notifier = new(Clock);
        Estates = new(estate);
        Parts = new("a", Database, Estates, Notifier, Clock, Options, paging: paging, soleWriter: !Database.Dialect.IsPostgres);
    }

    public VirtualClock Clock { get; } = new();

    public JobOptions Options { get; } = new();

    public Database Database { get; }

    public FakeNotifier Notifier { get; }

    public FixedEstates Estates { get; }

    public NodeParts Parts { get; }

    public EstateSnapshot Estate
    {
        get => Estates[1];
        set => Estates[1] = value;
    }

    public static Task<EngineBench> OpenAsync(Engine engine) => OpenAsync(engine, new EstateBuilder().User("ana", "push").Policy("5m user:ana"));

    public static async Task<EngineBench> OpenAsync(Engine engine, EstateBuilder estate, PagingOptions? paging = null)
    {
        var bench = new EngineBench(await engine.OpenAsync(), estate.Build(), paging);
        await bench.Database.WriteAsync(tx => AddWorkspaceAsync(tx, 1), default);
        return bench;
    }

    public static Task AddWorkspaceAsync(Tx tx, long id) => tx.ExecuteAsync(
        "INSERT INTO workspace (id, name, revision, last_incident, created_at) VALUES (@id, @name, 0, 0, 0)", ("id", id), ("name", $"w{id}"));

    /// <summary>Another node on the same store.</summary>
    public NodeParts AddNode(string name) => new(name, _store.Open(), Estates, Notifier, Clock, Options);

    public Task<T> WriteAsync<T>(Func<Tx, Task<T>> work) => Database.WriteAsync(work, default);

    public Task WriteAsync(Func<Tx, Task> work) => Database.WriteAsync(work, default);

    public Task<T> ReadAsync<T>(Func<Session, Task<T>> work) => Database.ReadAsync(work, default);

    /// <summary>Takes in one delivery of the source <c>prom</c>.</summary>
    public async Task<IntakeResult> ReceiveAsync(params Signal[] signals) =>
        (await WriteAsync(tx => Parts.Intake.StoreAsync(tx, Estate, [new("prom", signals, Clock.Now)], Clock.Now)))[0];

    /// <summary>What a person does to an incident.</summary>
    public async Task<IncidentState> ActAsync(long number, IncidentEvent e, string by = "ana") => (await WriteAsync(async tx =>
    {
        await tx.LockWorkspaceAsync(1);
        return await Parts.Flow.ApplyAsync(tx, Estate, number, e, $"user:{by}", Clock.Now);
    }))!.State;

    public Task<IncidentState> AcknowledgeAsync(long number, string by = "ana") => ActAsync(number, new IncidentEvent.Acknowledged(by), by);

    public Task<IncidentState> ResolveAsync(long number, string by = "ana") => ActAsync(number, new IncidentEvent.Resolved(by), by);

    /// <summary>Works all jobs that are due now, also those that they make.</summary>
    public async Task WorkAsync()
    {
        while (true)
        {
            var jobs = await WriteAsync(tx => Parts.Jobs.ClaimAsync(tx, "a", 100, 100, Clock.Now));
            if (jobs.Count == 0)
            {
                return;
            }

            foreach (var job in jobs.OrderBy(j => j.Id))
            {
                try
                {
                    await Parts.Handlers.Single(h => h.Kind == job.Kind).RunAsync(job, default);
                }
                catch (LeaseLostException)
                {
                    // As in the runner: somebody else has it now.
                }
            }
        }
    }

    /// <summary>Lets time pass up to <paramref name="minutes"/> since the start, working each job when it is due.</summary>
    public async Task PassUntilAsync(double minutes)
    {
        var end = VirtualClock.Start.AddMinutes(minutes);
        while (await ReadAsync(Parts.Jobs.NextReadyAsync) is { } next && next <= end)
        {
            Clock.AdvanceTo(next);
            await WorkAsync();
        }

        Clock.AdvanceTo(end);
    }

    public async Task<IncidentState> IncidentAsync(long number) =>
        await ReadAsync(session => Parts.Incidents.FindAsync(session, 1, number)) ?? throw new InvalidOperationException($"There is no incident {number}.");

    public Task<List<IncidentState>> IncidentsAsync() => ReadAsync(session => Parts.Incidents.ListAsync(session, 1, open: false, null, long.MaxValue, 1000));

    public Task<List<PageRow>> PagesAsync(long number) => ReadAsync(session => Parts.Pages.OfIncidentAsync(session, 1, number));

    public Task<List<AlertRow>> AlertsAsync() => ReadAsync(session => Parts.Alerts.ListAsync(session, 1, null, long.MaxValue, 1000));

    public async Task<AlertRow> AlertAsync(string key) => Assert.Single(await ReadAsync(session => Parts.Alerts.LoadAsync(session, 1, [AlertStore.Fingerprint("prom", key)])));

    /// <summary>The kinds of the lines about an incident, oldest first.</summary>
    public async Task<string[]> KindsAsync(long number) => [.. (await LinesAsync(number)).Select(l => l.Kind)];

    /// <summary>The lines about an incident, oldest first.</summary>
    public async Task<IEnumerable<Sdk.EventView>> LinesAsync(long number) =>
        (await ReadAsync(session => Parts.Log.NewestAsync(session, 1, $"incident/{number}", long.MaxValue, 1000))).AsEnumerable().Reverse();

    public Task<long?> CountAsync(string table) => ReadAsync(session => session.ScalarAsync($"SELECT COUNT(*) FROM {table}"));

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();
}
