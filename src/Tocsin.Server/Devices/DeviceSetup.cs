using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;

namespace Tocsin.Devices;

internal static class DeviceSetup
{
    public static IServiceCollection AddDeviceSettings(this IServiceCollection services)
    {
        services.AddOptions<PushOptions>().BindConfiguration("Push").ValidateOnStart();
        services.AddSingleton<IValidateOptions<PushOptions>, PushOptionsValidator>();
        services.AddOptions<FcmOptions>().BindConfiguration("Fcm").ValidateOnStart();
        services.AddSingleton<IValidateOptions<FcmOptions>, FcmOptionsValidator>();
        return services.AddSingleton(new SettingsSection("Push", typeof(PushOptions))).AddSingleton(new SettingsSection("Fcm", typeof(FcmOptions)));
    }

    /// <summary>Devices that people register; needs <see cref="PushKeys"/>, which belong to the store.</summary>
    public static IServiceCollection AddDevices(this IServiceCollection services) =>
        services.AddSingleton<DeviceStore>().AddSingleton<DeviceSender>().AddSingleton<DeviceDesk>().AddSingleton<PushSigner>().AddSingleton<FcmAccount>();
}
