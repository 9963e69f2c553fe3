using System.Collections.Frozen;

namespace Tocsin.Providers;

/// <summary>All providers that tell people, by id.</summary>
internal sealed class NotifierRegistry(IEnumerable<INotifier> notifiers)
{
    private readonly FrozenDictionary<string, INotifier> _byId = notifiers.ToFrozenDictionary(n => n.Info.Id, StringComparer.Ordinal);

    public IReadOnlyCollection<INotifier> All => _byId.Values;

    public INotifier? Find(string id) => _byId.GetValueOrDefault(id);
}

/// <summary>All providers that send alerts, by id.</summary>
internal sealed class AlertSourceRegistry(IEnumerable<IAlertSource> sources)
{
    private readonly FrozenDictionary<string, IAlertSource> _byId = sources.ToFrozenDictionary(s => s.Info.Id, StringComparer.Ordinal);

    public IReadOnlyCollection<IAlertSource> All => _byId.Values;

    public IAlertSource? Find(string id) => _byId.GetValueOrDefault(id);
}

/// <summary>All systems through which people answer, by id.</summary>
internal sealed class ReplySourceRegistry(IEnumerable<IReplySource> sources)
{
    private readonly FrozenDictionary<string, IReplySource> _byId = sources.ToFrozenDictionary(s => s.Id, StringComparer.Ordinal);

    public IReadOnlyCollection<IReplySource> All => _byId.Values;

    public IReplySource? Find(string id) => _byId.GetValueOrDefault(id);
}
