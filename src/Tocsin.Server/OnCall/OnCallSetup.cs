using Microsoft.Extensions.DependencyInjection;
using Tocsin.Notify;

namespace Tocsin.OnCall;

internal static class OnCallSetup
{
    public static void AddOnCall(this IServiceCollection services) => services
        .AddSingleton<EntryStore>().AddSingleton<SwapStore>().AddSingleton<NoticeDesk>()
        .AddSingleton<CoverDesk>().AddSingleton<TimeOffDesk>().AddSingleton<SwapDesk>()
        .AddSingleton<CalendarLinks>();
}
