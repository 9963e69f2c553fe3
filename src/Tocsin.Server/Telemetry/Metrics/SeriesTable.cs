using System.Collections.Concurrent;
using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What a node remembers of one series that it has stored samples of.</summary>
internal sealed class SeriesEntry(long id, string name, string service, LabelSet tags)
{
    private const long Never = long.MinValue;

    private long _lastAt = Never;
    private long _storedLastAt = Never;

    public long Id => id;

    public string Name => name;

    public string Service => service;

    public LabelSet Tags => tags;

    public string Unit { get; private set; } = "";

    public MetricKind Kind { get; private set; }

    /// <summary>The newest sample that came, Unix microseconds.</summary>
    public long LastAt => Volatile.Read(ref _lastAt);

    /// <summary>Whether its row must be written before samples up to an instant are stored: there is none, or it is more than a minute behind.</summary>
    public bool IsBehind(long lastAt) => Volatile.Read(ref _storedLastAt) is var stored && (stored == Never || lastAt - stored > TimeSpan.MicrosecondsPerMinute);

    /// <summary>Its row says this of when it was seen last.</summary>
    public void Stored(long lastAt) => Volatile.Write(ref _storedLastAt, lastAt);

    /// <summary>Takes over what a sample says of the series; its row is written anew when that is news.</summary>
    public void Describe(string unit, MetricKind kind)
    {
        if (unit != Unit || kind != Kind)
        {
            (Unit, Kind) = (unit, kind);
            Stored(Never);
        }
    }

    public void Seen(long at)
    {
        var last = Volatile.Read(ref _lastAt);
        while (at > last)
        {
            last = Interlocked.CompareExchange(ref _lastAt, at, last) is var found && found == last ? at : found;
        }
    }
}

/// <summary>
/// The series of one workspace as this node knows them: found by name, service and tags without a look at the store. No more than a bound of
/// them are taken.
/// </summary>
internal sealed class SeriesTable
{
    private readonly ConcurrentDictionary<SeriesKey, SeriesEntry> _byKey = [];
    private readonly ConcurrentDictionary<long, SeriesEntry> _byId = [];
    private readonly Lock _adding = new();

    public int Count => _byId.Count;

    /// <summary>Instants of the last use, by the clock's timestamp.</summary>
    public long UsedAt { get; set; }

    /// <summary>The series of a sample; made if it is new.</summary>
    /// <param name="most">No further one is made beyond so many.</param>
    /// <returns>Null: it is new, and there are too many already.</returns>
    public SeriesEntry? Of(MetricSample sample, int most)
    {
        var key = new SeriesKey(sample.Name, sample.Service, sample.Tags);
        return _byKey.TryGetValue(key, out var known) ? known : Add(Clean(key), most);
    }

    public SeriesEntry? Find(long id) => _byId.GetValueOrDefault(id);

    /// <summary>Takes in a series that has a row.</summary>
    public void Add(MetricSeries stored)
    {
        var entry = new SeriesEntry(stored.Id, stored.Name, stored.Service, stored.Tags);
        entry.Describe(stored.Unit, stored.Kind);
        entry.Stored(stored.LastAt.ToMicros());
        entry.Seen(stored.LastAt.ToMicros());
        Add(entry);
    }

    public void Forget(IEnumerable<long> ids)
    {
        lock (_adding)
        {
            foreach (var id in ids)
            {
                if (_byId.TryRemove(id, out var entry))
                {
                    _byKey.TryRemove(new SeriesKey(entry.Name, entry.Service, entry.Tags), out _);
                }
            }
        }
    }

    private SeriesEntry? Add(SeriesKey key, int most)
    {
        lock (_adding)
        {
            if (_byKey.TryGetValue(key, out var known))
            {
                return known;
            }

            if (_byId.Count >= most)
            {
                return null;
            }

            var entry = new SeriesEntry(key.Id, key.Name, key.Service, key.Tags);
            Add(entry);
            return entry;
        }
    }

    private void Add(SeriesEntry entry)
    {
        _byId[entry.Id] = entry;
        _byKey[new(entry.Name, entry.Service, entry.Tags)] = entry;
    }

    /// <summary>As the store can hold it: what it would change is changed before the id is made of it.</summary>
    private static SeriesKey Clean(SeriesKey key) => new(
        StorableText.Of(key.Name), StorableText.Of(key.Service),
        key.Tags.All(static t => ReferenceEquals(StorableText.Of(t.Key), t.Key) && ReferenceEquals(StorableText.Of(t.Value), t.Value))
            ? key.Tags
            : LabelSet.From(key.Tags.Select(static t => KeyValuePair.Create(StorableText.Of(t.Key), StorableText.Of(t.Value)))));

    private readonly record struct SeriesKey(string Name, string Service, LabelSet Tags)
    {
        public long Id => StableHash.Of($"{Name}\0{Service}", string.Concat(Tags.Select(static t => $"{t.Key}\0{t.Value}\0")));
    }
}

/// <summary>The tables of all workspaces that send or ask. Those that nobody used for an hour are let go.</summary>
internal sealed class SeriesTables(TelemetryDatabase telemetry, MetricStore store, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan _idle = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<long, SeriesTable> _tables = [];
    private readonly SemaphoreSlim _loading = new(1);

    /// <summary>The table of a workspace, read from the store if it is not in memory.</summary>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<SeriesTable> OfAsync(long workspace, CancellationToken ct)
    {
        if (!_tables.TryGetValue(workspace, out var table))
        {
            // One at a time: it is a long list, and many requests ask for it at once.
            await _loading.WaitAsync(ct);
            try
            {
                if (!_tables.TryGetValue(workspace, out table))
                {
                    table = await LoadAsync(workspace, ct);
                    _tables[workspace] = table;
                }
            }
            finally
            {
                _loading.Release();
            }
        }

        table.UsedAt = clock.GetTimestamp();
        return table;
    }

    /// <summary>The table if it is in memory.</summary>
    public SeriesTable? Find(long workspace) => _tables.GetValueOrDefault(workspace);

    /// <summary>Lets go of tables that nobody used of late.</summary>
    public void LetGo()
    {
        foreach (var (workspace, table) in _tables)
        {
            if (clock.GetElapsedTime(table.UsedAt) > _idle)
            {
                _tables.TryRemove(workspace, out _);
            }
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<SeriesTable> LoadAsync(long workspace, CancellationToken ct)
    {
        var table = new SeriesTable();
        await telemetry.Database.ReadAsync(
            session => store.SeriesAsync(session, workspace, name: null, service: null, series =>
            {
                table.Add(series);
                return true;
            }),
            ct);
        return table;
    }
}
