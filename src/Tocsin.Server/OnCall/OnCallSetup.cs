using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Notify;

namespace Tocsin.OnCall;

internal static class OnCallSetup
{
    public static void AddCalendarSettings(this IServiceCollection services)
    {
        services.AddOptions<CalendarOptions>().BindConfiguration("Calendars").ValidateOnStart();
        services.AddSingleton<IValidateOptions<CalendarOptions>, CalendarOptionsValidator>();
        services.AddSingleton(new SettingsSection("Calendars", typeof(CalendarOptions)));
    }

    public static void AddOnCall(this IServiceCollection services) => services
        .AddSingleton<EntryStore>().AddSingleton<SwapStore>().AddSingleton<NoticeDesk>()
        .AddSingleton<CoverDesk>().AddSingleton<TimeOffDesk>().AddSingleton<SwapDesk>().AddSingleton<ScheduleDesk>()
        .AddSingleton<CalendarLinks>().AddSingleton<CalendarStore>().AddSingleton<CalendarFetcher>().AddSingleton<CalendarDesk>();
}
