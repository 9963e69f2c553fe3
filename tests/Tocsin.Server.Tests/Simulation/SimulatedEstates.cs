using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Tests.Simulation;

/// <summary>
/// The configuration as one node sees it: what the scenario declares, and the silences and covers that people made, read from the store when
/// what is known is older than a second, as the product's cache does.
/// </summary>
internal sealed class SimulatedEstates(FixedEstates declared, Database database, TimeProvider clock) : IEstates
{
    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(1);

    private readonly SilenceStore _silences = new();
    private readonly EntryStore _entries = new();
    private EstateSnapshot? _known;
    private EstateSnapshot? _knownOf;
    private DateTimeOffset _readAt = DateTimeOffset.MinValue;

    public void Forget(long workspace) => _readAt = DateTimeOffset.MinValue;

    public async ValueTask<EstateSnapshot?> FindAsync(long workspace, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_known is not null && now - _readAt <= _fresh)
        {
            return _known;
        }

        try
        {
            var (made, entered) = await database.ReadAsync(
                async session => (await _silences.ListAsync(session, workspace, now.AddHours(-1)), await _entries.ReadAsync(session, workspace, now.AddHours(-1))), ct);
            if (_knownOf != declared[workspace] || !_known!.Entered.Covers.SequenceEqual(entered.Covers))
            {
                _knownOf = declared[workspace];
                _known = EstateSnapshot.Of(workspace, _knownOf!.Model, made, entered);
            }
            else if (_known!.Silences.Count != made.Count + _known.Model.Silences.Count + _known.Model.Maintenance.Count || made.Count > 0)
            {
                _known = _known with { Silences = SilenceSet.Compile([.. _known.Model.Silences, .. _known.Model.Maintenance, .. made]) };
            }

            _readAt = now;
        }
        catch (StoreUnavailableException) when (_known is not null)
        {
            // What was in force stays so.
        }

        return _known;
    }

    public async ValueTask<(EstateSnapshot Estate, Source Source)?> FindSourceAsync(string key, CancellationToken ct) =>
        await FindAsync(1, ct) is { } estate && estate.Model.Sources.Values.FirstOrDefault(s => s.Key == key) is { } source ? (estate, source) : null;
}
