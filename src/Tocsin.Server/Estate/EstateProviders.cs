using Tocsin.Providers;

namespace Tocsin.Estate;

/// <summary>The providers that an estate may name.</summary>
internal sealed class EstateProviders(NotifierRegistry notifiers, AlertSourceRegistry sources)
{
    public IEnumerable<ProviderInfo> Of(ProviderPort port) => port switch
    {
        ProviderPort.Notifier => notifiers.All.Select(n => n.Info),
        ProviderPort.Source => sources.All.Select(s => s.Info),
        _ => [],
    };

    public ProviderInfo? Find(ProviderPort port, string id) => port == ProviderPort.Notifier ? notifiers.Find(id)?.Info : sources.Find(id)?.Info;

    /// <summary>Whether a method of this type reaches only devices that people register themselves.</summary>
    public bool IsByDevices(string type) => notifiers.Find(type)?.Info.ByDevices == true;

    /// <summary>The kind of device that a method of this type rings; null: it does not ring devices.</summary>
    public string? DeviceKindOf(string type) => (notifiers.Find(type) as Devices.IDeviceNotifier)?.DeviceKind;

    /// <summary>The method with what belongs to its app; see <see cref="AppSettings"/>.</summary>
    public Result<Notify.ContactMethod> Fill(Notify.ContactMethod method, IReadOnlyDictionary<string, Notify.ContactMethod> channels) =>
        AppSettings.Fill(method, notifiers.Find(method.Type)?.Info, channels);

    /// <summary>What is wrong with the settings of a method whose type is known.</summary>
    public IReadOnlyList<Error> Check(Notify.ContactMethod method) => notifiers.Find(method.Type)?.Check(method) ?? [];

    /// <summary>What is wrong with the settings of a source whose type is known.</summary>
    public IReadOnlyList<Error> Check(Source source) => sources.Find(source.Type)?.Check(source) ?? [];
}
