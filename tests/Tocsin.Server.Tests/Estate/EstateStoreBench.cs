using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Routing;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Estate;

/// <summary>A fresh store with the estate's parts of one or more nodes on it.</summary>
internal sealed class EstateStoreBench : IAsyncDisposable
{
    private readonly Store _store;

    private EstateStoreBench(Store store)
    {
        _store = store;
        Database = store.Open();
        (Cache, Desk) = AddNode(Database);
    }

    public VirtualClock Clock { get; } = new();

    public EventLog Log { get; } = new(new(), new());

    public Database Database { get; }

    public EstateStore Store { get; } = new(new WorkspaceStore(), new SilenceStore(), new Tocsin.OnCall.EntryStore(), EstateBench.Providers, new(new byte[SecretBox.KeyBytes]));

    public EstateOptions Options { get; } = new();

    public EstateCache Cache { get; }

    public EstateDesk Desk { get; }

    public static async Task<EstateStoreBench> OpenAsync(Engine engine)
    {
        var bench = new EstateStoreBench(await engine.OpenAsync());
        return bench;
    }

    /// <summary>Another node on the same store; or, on the same database, this one after a restart.</summary>
    public (EstateCache Cache, EstateDesk Desk) AddNode(Database? database = null)
    {
        database ??= _store.Open();
        var cache = new EstateCache(database, Store, EstateBench.Providers, Microsoft.Extensions.Options.Options.Create(Options), Clock, NullLogger<EstateCache>.Instance);
        return (cache, new(database, Store, cache, EstateBench.Providers, Log, Clock));
    }

    /// <summary>Applies a text as people do; it must be accepted.</summary>
    public Task<EstateOutcome> ApplyAsync(string body, string workspace = "acme", bool prune = false) => AcceptedAsync(Desk, Wish(body, workspace, prune));

    public async Task<EstateOutcome> AcceptedAsync(EstateDesk desk, EstateWish wish)
    {
        var result = await desk.ApplyAsync([wish], "user:ana", only: false, default);
        Assert.Null(result.Error);
        Assert.Empty(result.Value!.Faults);
        return result.Value;
    }

    public async Task<string[]> RefusedAsync(EstateWish wish)
    {
        var result = await Desk.ApplyAsync([wish], "user:ana", only: false, default);
        Assert.Null(result.Error);
        Assert.NotEmpty(result.Value!.Faults);
        return [.. result.Value.Faults.Select(f => f.Message)];
    }

    public static EstateWish Wish(string body, string workspace = "acme", bool prune = false) =>
        new(workspace, Text(body, workspace, "").Objects, Goes: o => prune && o.Origin is null, TakesOver: false);

    /// <summary>What the operator's files ask for.</summary>
    public static EstateWish Files(string body, string workspace = "acme") =>
        new(workspace, Text(body, workspace, "estate.yaml").Objects, Goes: o => o.Origin is not null, TakesOver: true);

    public async Task<IReadOnlyList<EstateObject>> StoredAsync(string workspace = "acme") =>
        (await Database.ReadAsync(session => Store.FindAsync(session, workspace), default))?.Objects ?? [];

    public async Task<Workspace?> WorkspaceAsync(string workspace = "acme") =>
        (await Database.ReadAsync(session => Store.FindAsync(session, workspace), default))?.Workspace;

    public async Task<EstateSnapshot?> InForceAsync(string workspace = "acme") =>
        await Cache.FindAsync((await WorkspaceAsync(workspace))!.Id, default);

    public async ValueTask DisposeAsync()
    {
        Cache.Dispose();
        await _store.DisposeAsync();
    }

    private static EstateText Text(string body, string workspace, string file)
    {
        var text = EstateFiles.Parse(EstateBench.Document(body, workspace), file);
        Assert.Empty(text.Faults);
        return text;
    }
}
