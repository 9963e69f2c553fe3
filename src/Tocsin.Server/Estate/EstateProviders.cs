using System.Collections.Frozen;
using Tocsin.Providers;

namespace Tocsin.Estate;

/// <summary>The providers that an estate may name, by id.</summary>
internal sealed class EstateProviders(IEnumerable<INotifier> notifiers, IEnumerable<IAlertSource> sources)
{
    public FrozenDictionary<string, INotifier> Notifiers { get; } = notifiers.ToFrozenDictionary(n => n.Info.Id, StringComparer.Ordinal);

    public FrozenDictionary<string, IAlertSource> Sources { get; } = sources.ToFrozenDictionary(s => s.Info.Id, StringComparer.Ordinal);

    public IEnumerable<ProviderInfo> Of(ProviderPort port) => port switch
    {
        ProviderPort.Notifier => Notifiers.Values.Select(n => n.Info),
        ProviderPort.Source => Sources.Values.Select(s => s.Info),
        _ => [],
    };

    public ProviderInfo? Find(ProviderPort port, string id) => Of(port).FirstOrDefault(info => info.Id == id);
}
