"""URLs of the account pages."""

from django.urls import path

from accounts import languages, recovery, views

app_name = "accounts"
urlpatterns = [
    path("", views.account, name="account"),
    path("signup/", views.sign_up, name="sign_up"),
    path("language/", languages.choose_language, name="language"),
    path("time-zone/", views.time_zone, name="time_zone"),
    path("login/", views.LogIn.as_view(), name="login"),
    path("logout/", views.log_out, name="logout"),
    path("password/", views.ChangePassword.as_view(), name="change_password"),
    path("recover/<int:pk>/<slug:token>/", recovery.recover, name="recover"),
    path("delete/", views.delete_user_account, name="delete_user_account"),
]
